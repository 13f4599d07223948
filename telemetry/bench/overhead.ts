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

/** Requests per second by `variant|route`, one for each round. The server has the first core, where `taskset` can pin it. */
async function measure(): Promise<Map<string, number[]>> {
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
    process.stderr.write(`round ${round} of ${ROUNDS}\n`);
  }
  sink.close();
  return rates;
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

const rates = await measure();
const median = (key: string) => rates.get(key)?.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
for (const route of Object.keys(ROUTES)) {
  process.stdout.write(`\n${route}\n`);
  for (const { name } of VARIANTS) {
    const rate = median(`${name}|${route}`);
    const share = rate / median(`bare|${route}`);
    process.stdout.write(`  ${name.padEnd(26)} ${rate.toFixed(0).padStart(6)} requests/s  ${share.toFixed(2)} of bare\n`);
  }
}
