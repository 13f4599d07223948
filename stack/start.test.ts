import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ROOT } from '../telemetry/root.ts';
import { SERVICES } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { freePorts, portIsFree } from './shop.ts';
import { stateFile } from './start.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill('SIGINT');
    await once(child, 'exit');
  }
});

const npm = (command: string, args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'stack', 'run.mjs'), command, ...args], { encoding: 'utf8' });

/** `npm start` as a process of its own, until its table is printed. */
async function start(...args: string[]) {
  const port = await fourInARow();
  const child = spawn(process.execPath, [join(ROOT, 'stack', 'run.mjs'), 'start', '--port', String(port), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await eventually('the table', () => output.includes('Ctrl-C'), 30);
  return { port, child, output: () => output, shop: `http://127.0.0.1:${port}` };
}

/** The first of four neighbouring ports that are free now. */
async function fourInARow(): Promise<number> {
  return eventually('four free ports in a row', async () => {
    const [port = 0] = await freePorts(1);
    const free = await Promise.all([1, 2, 3].map((more) => portIsFree(port + more)));
    return free.every(Boolean) && port;
  });
}

/** What a run may leave behind: folders, and processes whose command line names them or the shop's entry. */
const folders = () => readdirSync(tmpdir()).filter((name) => /^sightline-(postgres|logs)-/.test(name));
const descendants = (child: ChildProcess) =>
  spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .filter(Boolean);

describe('npm start', () => {
  it('shows all signals of all services in the live view, and ends without a trace on Ctrl-C', async () => {
    const before = folders();
    const { child, output, port, shop } = await start();
    const key = /Bearer (\S+)/.exec(output())?.[1];
    const api = async (path: string) =>
      (
        await fetch(`http://127.0.0.1:${port + 1}/api/${path}`, { headers: { authorization: `Bearer ${key}` } })
      ).json() as Promise<{ services: { service: string }[]; logs: object[] }>;
    expect((await fetch(shop)).status).toBe(200);
    expect(await (await fetch(`${shop}/config.json`)).json()).toEqual({ liveUrl: `http://127.0.0.1:${port + 1}` });
    const names = async () => (await api('services')).services.map(({ service }) => service).sort();
    await eventually('traffic through every service', async () => (await names()).length === SERVICES.length, 30);
    expect(await names()).toEqual([...SERVICES].sort());
    await eventually('log lines', async () => (await api('logs?service=payments')).logs.length > 0);
    await eventually('metrics', async () =>
      JSON.stringify(await api('metrics')).includes('http_server_request_duration_seconds'),
    );
    const below = descendants(child);
    expect(below.length).toBe(5);
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(below.filter((pid) => spawnSync('kill', ['-0', pid]).status === 0)).toEqual([]);
    for (const one of [port, port + 1, port + 2, port + 3]) expect(await portIsFree(one)).toBe(true);
    expect(folders()).toEqual(before);
    expect(existsSync(stateFile(port))).toBe(false);
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
