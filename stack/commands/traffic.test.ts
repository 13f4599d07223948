import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startShop } from '../../traffic-generator/testing/shop.ts';
import { traffic } from './traffic.ts';

let bin: string;
let shop: Awaited<ReturnType<typeof startShop>>;
let printed: string;

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'traffic-'));
  shop = await startShop();
  printed = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed += text;
      return true;
    });
  }
});

afterEach(async () => {
  vi.restoreAllMocks();
  await shop.stop();
  await rm(bin, { recursive: true });
});

/** Puts a program of that name on the only PATH that the run sees; it writes its arguments and settings to a file when told to run. */
async function install(name: string, { answers = '', exits = 0 }): Promise<void> {
  const script = `#!/bin/sh
case "$1 $2" in
  "version " | "compose ps") printf '${answers}' ;;
  *) echo "$*|$SHAPE|$DURATION|$TARGET" > ${bin}/ran; exit ${exits} ;;
esac
`;
  await writeFile(join(bin, name), script);
  await chmod(join(bin, name), 0o755);
}
const ran = () => readFile(join(bin, 'ran'), 'utf8');
const port = () => new URL(shop.url).port;

test.each([
  [['drizzle'], 'There is no shape "drizzle".'],
  [['rush', 'spike'], '"spike" is one too many'],
  [['--duration', 'long'], '--duration "long" is no length of time'],
  [['--target', 'shop'], '--target "shop" is no http address'],
  [['--users', '5'], "Unknown option '--users'"],
])('%j is refused with the usage', async (args, complaint) => {
  expect(await traffic(args, { PATH: bin })).toBe(2);
  expect(printed).toContain(complaint);
  expect(printed).toContain('usage: npm run traffic -- [steady | rush | spike | soak]');
});

test('a target where nothing listens is one line that says what to start', async () => {
  const target = shop.url;
  await shop.stop();
  expect(await traffic(['rush', '--target', target], { PATH: bin })).toBe(1);
  shop = await startShop();
  expect(printed).toMatch(/^Nothing answers at http:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\)\. Start the shop: .+\n$/);
});

test('k6 from PATH gets shape, duration and target', async () => {
  await install('k6', { answers: 'k6 v2.1.0 (go1.26.4, linux/amd64)' });
  expect(await traffic(['spike', '--duration', '20s', '--target', `${shop.url}/`], { PATH: bin })).toBe(0);
  expect(await ran()).toMatch(new RegExp(`^run .*/traffic-generator/k6\\.ts\\|spike\\|20s\\|${shop.url}\n$`));
  expect(printed).toContain('driver k6 v2.1.0 from PATH');
});

test.each([
  [99, 1, 'limits broken'],
  [105, 0, 'spike'],
  [107, 1, 'k6 failed with code 107'],
])('k6 ending with code %i makes %i', async (exits, code, says) => {
  await install('k6', { answers: 'k6 v2.1.0', exits });
  expect(await traffic(['spike', '--target', shop.url], { PATH: bin })).toBe(code);
  expect(printed).toContain(says);
});

test('without k6, its image in compose is taken if the shop runs there', async () => {
  await install('docker', { answers: 'payments\\nstorefront\\n' });
  expect(await traffic(['rush', '--duration', '1m'], { PATH: bin, STOREFRONT_PORT: port() })).toBe(0);
  expect(await ran()).toMatch(/^compose run --rm --no-deps -e SHAPE=rush -e DURATION=1m .* traffic\|/);
  expect(printed).toContain('driver k6 in compose (no k6 on PATH)');
});

test.each([
  ['k6', 'k6 v0.47.0', [], 'Node (k6 v0.47.0 on PATH is older than v1, and the shop does not run in compose)'],
  ['docker', 'grafana\\n', [], 'Node (no k6 on PATH, and the shop does not run in compose)'],
  ['docker', 'storefront\\n', ['--target'], "Node (no k6 on PATH, and k6 in compose reaches only compose's own shop)"],
])('with %s answering "%s" and %j the Node driver is taken', async (name, answers, flags, says) => {
  await install(name, { answers });
  const args = ['spike', '--duration', '0.5s', ...flags, ...flags.map(() => `http://localhost:${port()}`)];
  expect(await traffic(args, { PATH: bin, STOREFRONT_PORT: port() })).toBe(0);
  expect(printed).toContain(`driver ${says}`);
  expect(printed).toMatch(/offered {2}\d+ journeys/);
  expect(shop.seen.length).toBeGreaterThan(1);
});

test('Ctrl-C ends a run of the Node driver with its summary', async () => {
  const run = traffic(['spike', '--target', shop.url], { PATH: bin });
  await vi.waitFor(() => expect(shop.seen.length).toBeGreaterThan(3), 10_000);
  process.emit('SIGINT');
  expect(await run).toBe(0);
  expect(printed).toMatch(/limits held\n$/);
});

test('a shop that fails makes the run fail', async () => {
  const target = `${shop.url}/nowhere`;
  expect(await traffic(['soak', '--duration', '1s', '--target', target], { PATH: bin })).toBe(1);
  expect(printed).toMatch(/limits broken: failed requests .*%, limit 1\.0%\n$/);
});
