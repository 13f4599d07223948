/**
 * What instrumentation costs: the same server, bare and with each signal added, all of them running at once and loaded in turns. By requests per second (median
 * of the turns), and by the server's own processor time per request (lower quartile), which other work on the machine disturbs less, and only ever lengthens.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { ROOT } from '../../telemetry/root.ts';

interface Variant {
  name: string;
  preload: boolean;
  parts: string;
  env?: Record<string, string>;
}

const sampled = (ratio: string) => ({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio });
const only = (names: string, more = {}) => ({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: names, ...more });
const VARIANTS: Variant[] = [
  { name: 'bare', preload: false, parts: '' },
  { name: 'metrics', preload: false, parts: 'metrics' },
  { name: 'logs', preload: false, parts: 'logs' },
  { name: 'http, no span sampled', preload: true, parts: '', env: only('http', sampled('0')) },
  { name: 'http', preload: true, parts: '', env: only('http') },
  { name: 'http, express', preload: true, parts: '', env: only('http,express') },
  { name: 'traces, 10% sampled', preload: true, parts: '', env: sampled('0.1') },
  { name: 'traces', preload: true, parts: '' },
  { name: 'traces in protobuf', preload: true, parts: '', env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } },
  { name: 'traces, metrics and logs', preload: true, parts: 'metrics,logs' },
];
const ROUTES = { 'hello world': '/', 'a route with JSON': '/products/7' };
const ROUNDS = 9;
const SECONDS = 1;
const CONNECTIONS = 32;

interface Measured {
  perSecond: number;
  /** Of the server's processor time, user and system, for one request. */
  microseconds: number;
}

const sink = createServer((request, response) => request.resume().on('end', () => response.end())).listen(0, '127.0.0.1');
await once(sink, 'listening');
const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
const servers = await Promise.all(VARIANTS.map(start));
process.on('exit', () => servers.forEach(({ child }) => void child.kill('SIGKILL')));
// The servers share the first core, the load has the second one.
if (availableParallelism() > 1) pin(process.pid, 1);

process.stdout.write(`Node ${process.versions.node}, load average ${loadavg()[0]?.toFixed(1)} before the run\n`);
for (const [route, path] of Object.entries(ROUTES)) {
  const measured = await measure(path);
  const bare = summary(measured.bare ?? []);
  process.stdout.write(`\n${route.padEnd(26)} requests/s  of bare   processor us/request  of bare\n`);
  for (const { name } of VARIANTS) {
    const { perSecond, microseconds } = summary(measured[name] ?? []);
    const columns = [
      perSecond.toFixed(0).padStart(10),
      (perSecond / bare.perSecond).toFixed(2).padStart(8),
      microseconds.toFixed(1).padStart(22),
      (bare.microseconds / microseconds).toFixed(2).padStart(8),
    ];
    process.stdout.write(`${name.padEnd(26)} ${columns.join(' ')}\n`);
  }
}
process.exit();

async function start({ preload, parts, env }: Variant) {
  const child = fork(join(ROOT, 'dist', 'live', 'bench', 'overhead-server.js'), {
    execArgv: preload ? ['--import', join(ROOT, 'dist', 'telemetry', 'register.js')] : [],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      OTEL_SERVICE_NAME: 'bench',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      PARTS: parts,
      ...env,
    },
  });
  const [port] = await once(child, 'message');
  if (availableParallelism() > 1 && child.pid) pin(child.pid, 0);
  return { child, port };
}

/** All threads of a process on one core, where `taskset` exists. */
function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-a', '-cp', String(core), String(pid)]);
}

/** By variant, one measurement for each round; the round before the first is not counted. */
async function measure(path: string): Promise<Record<string, Measured[]>> {
  const measured: Record<string, Measured[]> = Object.fromEntries(VARIANTS.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { child, port }] of servers.entries()) {
      const before = await processorTime(child);
      const url = `http://127.0.0.1:${port}${path}`;
      const { requests, non2xx } = await autocannon({ url, connections: CONNECTIONS, duration: SECONDS });
      if (non2xx > 0) throw new Error(`bench: ${VARIANTS[i]?.name} answered ${non2xx} requests of ${path} with an error`);
      const microseconds = ((await processorTime(child)) - before) / requests.total;
      if (round > 0) measured[VARIANTS[i]?.name ?? '']?.push({ perSecond: requests.average, microseconds });
    }
    process.stderr.write(`${path}: round ${round} of ${ROUNDS}\n`);
  }
  return measured;
}

/** Microseconds that a server has used, all of its threads. */
async function processorTime(child: ChildProcess): Promise<number> {
  child.send('usage');
  const [{ user, system }] = await once(child, 'message');
  return user + system;
}

function summary(turns: Measured[]): Measured {
  const quantile = (key: keyof Measured, q: number) =>
    turns.map((turn) => turn[key]).toSorted((a, b) => a - b)[Math.floor(turns.length * q)] ?? Number.NaN;
  return { perSecond: quantile('perSecond', 0.5), microseconds: quantile('microseconds', 0.25) };
}
