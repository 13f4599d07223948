import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindError } from '../../app/local/free-ports.ts';
import { ROOT } from '../../telemetry/root.ts';
import { DATABASE, SERVICES } from '../../telemetry/signals.ts';
import { eventually } from '../../telemetry/testing/wait.ts';
import { stateFile } from './start.ts';

const children: ChildProcess[] = [];
let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'sightline-start-'));
  // As a system's own is: PostgreSQL runs as another user when this is root.
  chmodSync(temporary, 0o755);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGINT');
    await once(child, 'exit');
  }
  await eventually('nothing left in the temporary folder', () => readdirSync(temporary).length === 0);
  rmdirSync(temporary);
});

const RUN = join(ROOT, 'stack', 'run.mjs');
const npm = (command: string, args: string[]) => spawnSync(process.execPath, [RUN, command, ...args], { encoding: 'utf8' });

/** `npm start` as a process of its own, with a temporary folder of its own. */
async function begin(...args: string[]) {
  const port = await fourInARow();
  const child = spawn(process.execPath, [RUN, 'start', '--port', String(port), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return { port, child, output: () => output, shop: `http://127.0.0.1:${port}` };
}

/** The same, until everything runs. */
async function start(...args: string[]) {
  const begun = await begin(...args);
  await eventually('everything runs', () => begun.output().includes('everything runs'), 30).catch((error) => {
    throw new Error(`${error.message}; it said: ${begun.output().slice(-2000)}`);
  });
  return begun;
}

/** The first of four neighbouring ports that are free now, below those that a start chooses for its services. */
async function fourInARow(): Promise<number> {
  return eventually('four free ports in a row', async () => {
    const port = 2000 + Math.floor(Math.random() * 7990);
    return (await areFree(port)) && port;
  });
}

const areFree = async (port: number) =>
  (await Promise.all([port, port + 1, port + 2, port + 3].map(bindError))).every((code) => code === undefined);

/** The processes below one, and those that are still there. */
const below = (child: ChildProcess) =>
  spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .filter(Boolean);
const alive = (pids: string[]) => pids.filter((pid) => spawnSync('kill', ['-0', pid]).status === 0);

describe('npm start', { timeout: 90_000 }, () => {
  it('shows all signals of all services in the live view, and ends without a trace on Ctrl-C', async () => {
    const { child, output, port, shop } = await start();
    const key = /Bearer (\S+)/.exec(output())?.[1];
    const api = async (path: string) =>
      (
        await fetch(`http://127.0.0.1:${port + 1}/api/${path}`, { headers: { authorization: `Bearer ${key}` } })
      ).json() as Promise<{ services: { service: string }[]; logs: object[] }>;
    expect((await fetch(shop)).status).toBe(200);
    expect(await (await fetch(`${shop}/config.json`)).json()).toEqual({
      liveUrl: `http://127.0.0.1:${port + 1}`,
      tracing: true,
    });
    const names = async () => (await api('services')).services.map(({ service }) => service).sort();
    const whole = [...SERVICES, DATABASE].sort();
    await eventually('traffic through every service', async () => (await names()).length === whole.length, 30);
    expect(await names()).toEqual(whole);
    await eventually('log lines', async () => (await api('logs?service=payments')).logs.length > 0);
    await eventually('metrics', async () =>
      JSON.stringify(await api('metrics')).includes('http_server_request_duration_seconds'),
    );
    const processes = below(child);
    // Beside the services: PostgreSQL, its watcher, and who ends them all should this process be killed.
    expect(processes.length).toBe(SERVICES.length + 3);
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    await eventually('every process has ended', () => alive(processes).length === 0);
    expect(await areFree(port)).toBe(true);
    expect(readdirSync(temporary)).toEqual([]);
    expect(existsSync(stateFile(port))).toBe(false);
  });

  it.each([
    [
      ['SIGINT', 'SIGINT'],
      [0, null],
    ],
    [['SIGHUP'], [0, null]],
    [['SIGKILL'], [null, 'SIGKILL']],
  ] as const)('leaves nothing behind after %j', async (signals, code) => {
    const { child, port } = await start();
    const processes = below(child);
    const exited = once(child, 'exit');
    for (const signal of signals) child.kill(signal);
    expect(await exited).toEqual(code);
    await eventually('every process has ended', () => alive(processes).length === 0);
    await eventually('its files are gone', () => readdirSync(temporary).length === 0 && !existsSync(stateFile(port)));
    expect(await areFree(port)).toBe(true);
  });

  it('can be stopped while it starts', async () => {
    const { child, output } = await begin();
    await eventually('PostgreSQL is being set up', () => readdirSync(temporary).some((name) => name.includes('postgres')));
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(output()).not.toContain('everything runs');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('ends when npm is told to, whose shell does not pass that on', async () => {
    const port = await fourInARow();
    const child = spawn('npm', ['start', '--', '--port', String(port), '--no-traffic'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TMPDIR: temporary },
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await eventually('everything runs', () => output.includes('everything runs'), 30);
    child.kill('SIGTERM');
    await eventually('its files are gone', () => readdirSync(temporary).length === 0);
    await eventually('its ports are free', () => areFree(port));
  });

  it('runs twice at once, and its faults are switched by port', async () => {
    const [one, two] = await Promise.all([start('--no-traffic'), start('--no-traffic')]);
    const products = async (shop: string) => (await fetch(`${shop}/api/products`)).status;
    await eventually('both serve', async () => (await products(one.shop)) === 200 && (await products(two.shop)) === 200);
    const { status, stdout } = npm('fault', ['payment-latency', '--port', String(two.port)]);
    expect([status, stdout]).toEqual([0, expect.stringContaining('payment-latency is on in payments')]);
    expect(npm('fault', ['payment-latency', '--off', '--port', String(two.port)]).stdout).toContain('is off');
  });

  it('says in one line which port is taken and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { status, stderr } = npm('start', ['--port', String(port)]);
    server.close();
    expect([status, stderr.trim().split('\n').at(-1)]).toEqual([
      1,
      `sightline start: port ${port} of 127.0.0.1 is taken; choose four free ones in a row: npm start -- --port 9000`,
    ]);
  });

  it.each([
    ['start', ['--port', 'x'], 1, '--port x is not a port'],
    ['start', ['--nonsense'], 2, '--nonsense'],
    ['fault', ['no-such-fault'], 2, 'there is no fault "no-such-fault"'],
    ['nonsense', [], 2, 'there is no command "nonsense"'],
  ])('answers a wrong command in a line: %s %j', (command, args, code, says) => {
    const { status, stderr } = npm(command, args);
    expect([status, stderr]).toEqual([code, expect.stringContaining(says)]);
  });
});
