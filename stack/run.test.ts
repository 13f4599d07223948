import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT } from '../telemetry/root.ts';
import { eventually } from '../telemetry/testing/wait.ts';

/** A clone with the real run.mjs, whose packages are there and whose build has still to be made, by a compiler that only takes its time. */
let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'sightline-run-'));
  for (const folder of ['stack', 'node_modules/.bin', '.sightline']) mkdirSync(join(clone, folder), { recursive: true });
  copyFileSync(join(ROOT, 'stack', 'run.mjs'), join(clone, 'stack', 'run.mjs'));
  for (const file of ['package-lock.json', 'tsconfig.build.json', 'node_modules/.package-lock.json'])
    writeFileSync(join(clone, file), '{}');
  executable('tsc', 'echo begins >> built; sleep 0.5; mkdir -p dist/stack; echo ends >> built');
  executable('vite', "echo 'export const main = () => 0;' > dist/stack/cli.js");
});
afterEach(() => rmSync(clone, { recursive: true }));

function executable(name: string, script: string): void {
  const file = join(clone, 'node_modules', '.bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Its exit code and what it said. */
async function run(): Promise<[number, string]> {
  const child = spawn(process.execPath, [join(clone, 'stack', 'run.mjs'), 'start'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return [code, said];
}

const read = (file: string) => readFileSync(join(clone, file), 'utf8');

it('builds once when started twice at once: the second waits for the first', async () => {
  const runs = await Promise.all([run(), run()]);
  expect(runs.map(([code]) => code)).toEqual([0, 0]);
  expect(read('built')).toBe('begins\nends\n');
  expect(runs.map(([, said]) => said).join('')).toMatch(/process \d+ installs or builds here: waiting for it/);
});

it('is not kept waiting by the lock of a process that was killed', async () => {
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(dead, 'exit');
  writeFileSync(join(clone, '.sightline', 'preparing'), String(dead.pid));
  expect(await run()).toEqual([0, 'sightline: building\n']);
});

it('builds again after a build that failed', async () => {
  executable('tsc', 'exit 3');
  expect((await run())[0]).toBe(3);
  executable('tsc', 'mkdir -p dist/stack');
  expect((await run())[0]).toBe(0);
});

it('ends what it has begun to build when it is stopped, and gives the lock back', async () => {
  executable('tsc', 'echo $$ > compiler; exec sleep 60');
  const child = spawn(process.execPath, [join(clone, 'stack', 'run.mjs'), 'start'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const compiler = await eventually('the compiler runs', () => existsSync(join(clone, 'compiler')) && read('compiler').trim());
  child.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
  await eventually('the compiler has ended', () => spawnSync('kill', ['-0', compiler]).status !== 0);
  expect(existsSync(join(clone, '.sightline', 'preparing'))).toBe(false);
});
