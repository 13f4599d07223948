/** What instrumentation costs: requests per second of the same server, bare and with each signal added, in one run; medians of three rounds. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { ROOT } from '../root.ts';

interface Variant {
  name: string;
  preload: boolean;
  parts: string;
  env?: Record<string, string>;
}

const VARIANTS: Variant[] = [
  { name: 'bare', preload: false, parts: '' },
  { name: 'metrics', preload: false, parts: 'metrics' },
  { name: 'logs', preload: false, parts: 'logs' },
  { name: 'traces', preload: true, parts: '' },
  {
    name: 'traces, 10% sampled',
    preload: true,
    parts: '',
    env: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
  },
  { name: 'traces, metrics and logs', preload: true, parts: 'metrics,logs' },
];
const ROUTES = { 'hello world': '/', 'a route with JSON': '/products/7' };
const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 32;

export interface Overhead {
  variant: string;
  route: string;
  /** Requests per second. */
  rate: number;
  /** Share of bare's. */
  ofBare: number;
}

/** Measures every variant on every route; the server on the first core and the client on the others, where `taskset` can pin them. */
export async function overhead(report: (line: string) => void): Promise<Overhead[]> {
  const sink = createServer((request, response) => request.resume().on('end', () => response.end())).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const rates = new Map<string, number[]>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const variant of VARIANTS) {
      const server = await start(variant, endpoint);
      for (const [route, path] of Object.entries(ROUTES)) {
        const url = `http://127.0.0.1:${server.port}${path}`;
        await autocannon({ url, connections: CONNECTIONS, duration: 1 });
        const { requests } = await autocannon({ url, connections: CONNECTIONS, duration: SECONDS });
        const key = `${variant.name}|${route}`;
        rates.set(key, [...(rates.get(key) ?? []), requests.average]);
      }
      server.stop();
    }
    report(`round ${round} of ${ROUNDS}`);
  }
  sink.close();
  const median = (key: string) => rates.get(key)?.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  return Object.keys(ROUTES).flatMap((route) =>
    VARIANTS.map(({ name }) => ({
      variant: name,
      route,
      rate: Math.round(median(`${name}|${route}`)),
      ofBare: median(`${name}|${route}`) / median(`bare|${route}`),
    })),
  );
}

async function start({ preload, parts, env }: Variant, endpoint: string) {
  const child = fork(join(ROOT, 'dist', 'telemetry', 'bench', 'server.js'), {
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
  if (availableParallelism() > 1) spawnSync('taskset', ['-a', '-cp', '0', String(child.pid)]);
  return { port, stop: () => child.kill('SIGKILL') };
}
