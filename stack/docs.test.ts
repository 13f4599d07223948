import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isFault } from '../app/faults.ts';
import { ROOT } from '../telemetry/root.ts';
import { isShape } from '../traffic-generator/shapes.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  ...readdirSync(join(ROOT, 'docs/runbooks')).map((file) => `docs/runbooks/${file}`),
];
const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json'));
const { services } = parse(read('docker-compose.yml'), { merge: true });
const ports = parseEnv(read('.env'));

describe.each(pages)('%s', (page) => {
  const text = read(page);
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

  it('names npm scripts, faults, shapes and compose services that exist', () => {
    for (const script of all(/npm run (?:--silent )?([\w:-]+)/g)) expect(scripts).toHaveProperty([script]);
    for (const fault of all(/npm run fault (?:-- )?([a-z-]+)/g)) expect(isFault(fault), fault).toBe(true);
    for (const shape of all(/npm run traffic (?:-- )?([a-z]+)/g)) expect(isShape(shape), shape).toBe(true);
    for (const service of all(/docker compose (?:exec|run --rm) ([\w-]+)/g)) expect(services).toHaveProperty([service]);
  });

  it('links to files that exist, and to ports of .env', () => {
    for (const target of all(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(ROOT, dirname(page), target)), target).toBe(true);
    for (const port of all(/localhost:(\d+)/g)) expect(Object.values(ports), port).toContain(port);
  });

  it('names files and folders that exist', () => {
    const named = all(/`((?:app|telemetry|monitoring|stack|traffic-generator|live|docs)\/[\w./-]*\w|[\w-]+\.(?:yml|ts|json))`/g);
    // What is built is not there in a fresh clone.
    for (const path of named) expect(existsSync(join(ROOT, path)) || /^signals\.ts$|\/dist$/.test(path), path).toBe(true);
  });
});

describe('docs/dependencies.md', () => {
  it('has each dependency, and none that is gone', () => {
    const rows = read('docs/dependencies.md')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| package'));
    const named = rows.flatMap((row) => (row.split('|')[1] ?? '').split(',').map((name) => name.trim()));
    const known = Object.keys({ ...dependencies, ...devDependencies });
    const short = (name: string) =>
      named.includes(name) ||
      named.includes(name.replace(/^@opentelemetry\//, '')) ||
      (name.startsWith('@types/') && named.includes('@types/*'));
    expect(known.filter((name) => !short(name))).toEqual([]);
    expect(
      named.filter((name) => name !== '@types/*' && !known.includes(name) && !known.includes(`@opentelemetry/${name}`)),
    ).toEqual([]);
  });
});
