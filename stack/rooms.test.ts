/** Imports go one way: a folder imports from those before it in these tables, never from those after it, and no file imports itself by way of others. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../telemetry/root.ts';

/** In the order of what they stand on; tests and `testing/` may use whatever they test. */
const HOUSE = ['telemetry', 'database', 'monitoring', 'traffic-generator', 'app', 'live', 'stack'];

/** Rooms of a folder, in the same order, each with its entry: the file that says first what the room is for. */
const ROOMS: Record<string, Record<string, string>> = {
  'live/server': {
    store: 'ring.ts',
    otlp: 'decoder.ts',
    intake: 'intake.ts',
    derive: 'derive.ts',
    receive: 'receivers.ts',
    query: 'query.ts',
    trace: 'tree.ts',
    database: 'database.ts',
    stream: 'stream.ts',
    page: 'http.ts',
  },
  'live/web': {
    format: 'time.ts',
    api: 'request.ts',
    stream: 'stream.ts',
    shell: 'navigation.tsx',
    metrics: 'metrics-page.tsx',
    database: 'database-page.tsx',
    trace: 'trace-page.tsx',
    traces: 'traces-page.tsx',
    logs: 'logs-page.tsx',
    now: 'now-page.tsx',
    health: 'health-page.tsx',
  },
  monitoring: {
    names: 'component-metrics.ts',
    rules: 'rule.ts',
    alerts: 'services.ts',
    panels: 'panels.ts',
    dashboards: 'dashboards.ts',
    queries: 'queries.ts',
  },
  stack: { compose: 'addresses.ts', start: 'start.ts', proof: 'verify.ts', commands: 'check.ts' },
};

const MOST_FILES = 25;

const isTest = (file: string) => /\.(test|e2e)\.ts$|\/testing\//.test(file);

const sources = HOUSE.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('dist/'))
    .map((file) => join(folder, file)),
);

/** What a file imports of the project, types and all. */
const imports = new Map(
  sources.map((file) => {
    const specifiers = readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import\(|import) ?'(\.{1,2}\/[^']+\.tsx?)'/g);
    return [file, Array.from(specifiers, ([, specifier = '']) => relative(ROOT, join(ROOT, dirname(file), specifier)))];
  }),
);

const arrows = [...imports].filter(([file]) => !isTest(file)).flatMap(([from, to]) => to.map((one) => [from, one] as const));

/** The arrows that go from a place of `order` to a later one; `placeOf` is what a file belongs to. */
function wrongArrows(order: string[], placeOf: (file: string) => string | undefined): string[] {
  const rank = (file: string) => order.indexOf(placeOf(file) ?? '');
  return arrows
    .filter(([from, to]) => rank(from) >= 0 && rank(to) > rank(from))
    .map(([from, to]) => `${from} imports ${to}: ${placeOf(from)} stands below ${placeOf(to)}`);
}

it('finds the imports', () => {
  expect(arrows.length).toBeGreaterThan(500);
  expect(arrows.filter(([, to]) => !sources.includes(to))).toEqual([]);
});

it('lets folders import downwards only', () => {
  expect(wrongArrows(HOUSE, (file) => file.split('/')[0])).toEqual([]);
});

it.each(Object.entries(ROOMS))('lets the rooms of %s import downwards only, and has no other rooms', (folder, rooms) => {
  const roomOf = (file: string) => (file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split('/')[0] : undefined);
  const names = Object.keys(rooms);
  expect(wrongArrows(names, roomOf)).toEqual([]);
  const found = sources.filter((file) => !isTest(file) && dirname(dirname(file)) === folder).map((file) => roomOf(file));
  expect([...new Set(found)].sort()).toEqual([...names].sort());
});

it('lets no file import itself by way of others', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(' -> '));
    if (at >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  expect(circles).toEqual([]);
});

it.each(Object.entries(ROOMS).flatMap(([folder, rooms]) => Object.entries(rooms).map(([room, entry]) => [folder, room, entry])))(
  'says at the entry of %s/%s what the room is for, and keeps it small enough to hold in the head',
  (folder, room, entry) => {
    const place = join(ROOT, folder, room);
    expect(existsSync(join(place, entry))).toBe(true);
    expect(readFileSync(join(place, entry), 'utf8')).toMatch(new RegExp(`^/\\*\\*\\s+(\\* )?Room ${room}: \\S`));
    expect(readdirSync(place).filter((file) => !isTest(file)).length).toBeLessThanOrEqual(MOST_FILES);
  },
);
