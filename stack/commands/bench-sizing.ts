/**
 * npm run bench sizing: what a thousand spans a second, ten thousand series and a megabyte of log lines a second cost at each hop, of the stack as it is
 * and in two tiers with Kafka between; then how far each goes on this machine, beside a bare collector.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { machine, percent } from '../../live/bench/print.ts';
import { cpuSeconds, residentBytes, startCollector } from '../../live/bench/receivers.ts';
import type { Signal } from '../../live/server/store/ledger.ts';
import { COMPONENT_METRICS as M } from '../../monitoring/names/component-metrics.ts';
import { ROOT } from '../../telemetry/root.ts';
import { addresses, settings } from '../compose/addresses.ts';
import { otlpToken } from '../compose/secret.ts';
import { stores } from '../proof/stores.ts';
import { type Load, SPANS_A_TRACE, send } from './bench-load.ts';

const PROJECT = 'sightline-sizing';
/** Kafka's JVM takes its time to come to rest. */
const SETTLE_SECONDS = 40;
const IDLE_SECONDS = 30;
const STEADY_SECONDS = 40;
const MOST_SECONDS = 15;
/** What is less cannot be told from a hop's own restlessness. */
const LEAST_SHARE = 0.005;
/** How long what was taken may need to reach its store. */
const DRAIN_SECONDS = 45;

/** A load that any machine holds, and what its cost is told for. */
const STEADY: Record<Signal, { rate: number; unit: string; per(load: Load): number }> = {
  traces: { rate: 1000, unit: '1,000 spans/s', per: ({ accepted, seconds }) => accepted / seconds / 1000 },
  // Each of ten thousand series every ten seconds.
  metrics: { rate: 1000, unit: '10,000 series', per: ({ accepted, seconds }) => accepted / seconds / 1000 },
  logs: { rate: 3000, unit: '1 MB/s of lines', per: ({ bytes, seconds }) => bytes / seconds / 1e6 },
};
/** What systems of this kind claim: items a second. */
const MOST: Record<Signal, number> = { traces: 10_000 * SPANS_A_TRACE, metrics: 100_000, logs: 50_000 };

const STORES = ['jaeger', 'prometheus', 'loki', 'live'];
/** Cheapest to tell apart in this order: series are scraped for five minutes more. */
const ORDER: readonly Signal[] = ['traces', 'logs', 'metrics'];
/** Volumes, and what is written to them. */
const VOLUMES: Record<string, readonly Signal[]> = { jaeger: ['traces'], prometheus: ['metrics'], kafka: ORDER };
const STACKS: Record<string, { files: string; args: string[]; hops: string[] }> = {
  'one collector': { files: '', args: [], hops: ['collector', ...STORES] },
  'two tiers with Kafka': {
    files: ':docker-compose.kafka.yml',
    args: ['--scale', 'worker=2', 'kafka', 'topics', 'worker'],
    hops: ['collector', 'kafka', 'worker', ...STORES],
  },
};

const base = process.env.COMPOSE_FILE ?? 'docker-compose.yml';
const docker = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('docker', args, { cwd: ROOT, maxBuffer: 1 << 26 })).stdout.trim();
const compose = (...args: string[]) => docker('compose', ...args);
const down = () => compose('--profile', '*', 'down', '-v', '--remove-orphans');
const at = addresses();
const ask = stores(at, 10_000);

/** Of each hop, processor seconds so far and resident bytes, all its containers together. */
async function usage(hops: readonly string[]): Promise<Record<string, { cpu: number; memory: number }>> {
  const found: Record<string, { cpu: number; memory: number }> = {};
  for (const hop of hops) {
    const ids = (await compose('ps', '-q', hop)).split('\n').filter(Boolean);
    const pids = (await docker('inspect', '-f', '{{.State.Pid}}', ...ids)).split('\n').map(Number);
    const sum = (of: (pid: number) => number | undefined) => pids.reduce((all, pid) => all + (of(pid) ?? Number.NaN), 0);
    found[hop] = { cpu: sum(cpuSeconds), memory: sum(residentBytes) };
  }
  return found;
}

/** Bytes that the volumes take on the disk, by name. */
async function disks(hops: readonly string[]): Promise<Record<string, number>> {
  const names = Object.keys(VOLUMES).filter((name) => hops.includes(name));
  const mounts = names.flatMap((name) => ['-v', `${PROJECT}_${name}:/${name}:ro`]);
  const said = await docker(
    'run',
    '--rm',
    '--user',
    '0:0',
    '--network',
    'none',
    ...mounts,
    '--entrypoint',
    'du',
    'sightline',
    '-sB1',
    ...names.map((name) => `/${name}`),
  );
  return Object.fromEntries(
    said
      .split('\n')
      .map((line) => line.split(/\s+\//).reverse())
      .map(([name, bytes]) => [name, Number(bytes)]),
  );
}

/** Items that the store of a signal has taken so far, by whoever sends to it. */
async function delivered(signal: Signal): Promise<number> {
  const [metric, exporter] = {
    traces: [M.collectorSent, 'otlp_grpc/jaeger'],
    metrics: [M.collectorPointsSent, 'prometheus.*'],
    logs: [M.collectorLogsSent, 'otlp_http/loki'],
  }[signal];
  const [sample] = await ask.query(`sum(${metric}{exporter=~"${exporter}"})`);
  return Number(sample?.value[1] ?? 0);
}

/** Sends, and waits until the store has as much more as was accepted, or gets no more. */
async function sendThrough(token: string, signal: Signal, rate: number, seconds: number): Promise<Load & { stored: number }> {
  const before = await delivered(signal);
  const load = await send(at.collector, token, signal, rate, seconds);
  let stored = 0;
  for (const deadline = Date.now() + DRAIN_SECONDS * 1000; stored < load.accepted && Date.now() < deadline; await sleep(3000))
    stored = (await delivered(signal)) - before;
  return { ...load, stored };
}

async function measure(name: string, { files, args, hops }: (typeof STACKS)[string]): Promise<void> {
  process.env.COMPOSE_FILE = `${base}${files}`;
  await down();
  await compose('up', '-d', '--build', ...args, 'collector', ...STORES);
  const token = await otlpToken();
  await sleep(SETTLE_SECONDS * 1000);

  const rest = await usage(hops);
  await sleep(IDLE_SECONDS * 1000);
  const idleEnd = await usage(hops);
  const idle = (hop: string) => ((idleEnd[hop]?.cpu ?? 0) - (rest[hop]?.cpu ?? 0)) / IDLE_SECONDS;
  const rows = hops.map((hop) => [hop, percent(idle(hop))]);
  const disk: string[] = [];
  for (const signal of ORDER) {
    const { rate, unit, per } = STEADY[signal];
    // A first load has everything made and compiled that the next finds.
    await sendThrough(token, signal, rate, 10);
    const [before, full, began] = [await usage(hops), await disks(hops), Date.now()];
    const load = await sendThrough(token, signal, rate, STEADY_SECONDS);
    if (load.stored < load.accepted) console.log(`${name}, ${unit}: ${load.accepted} accepted, ${load.stored} stored`);
    const [after, fuller, took] = [await usage(hops), await disks(hops), (Date.now() - began) / 1000];
    const units = per(load);
    for (const row of rows) {
      const hop = row[0] as string;
      const cost = (after[hop]?.cpu ?? 0) - (before[hop]?.cpu ?? 0) - idle(hop) * took;
      const share = cost / load.seconds / units;
      row.push(share < LEAST_SHARE ? `below ${percent(LEAST_SHARE)}` : percent(share));
    }
    for (const volume of Object.keys(full).filter((one) => VOLUMES[one]?.includes(signal))) {
      const bytes = ((fuller[volume] ?? 0) - (full[volume] ?? 0)) / load.accepted;
      disk.push(`${volume} ${bytes.toFixed(0)} bytes an item of ${signal}`);
    }
  }
  const memory = await usage(hops);
  for (const row of rows) row.push(`${((memory[row[0] as string]?.memory ?? 0) / 1e6).toFixed(0)} MB`);
  table(
    `${name}: processor time, of one core`,
    ['hop', 'idle', ...ORDER.map((signal) => STEADY[signal].unit), 'memory after'],
    rows,
  );
  console.log(`On the disk: ${disk.join('; ')}.`);

  for (const signal of ORDER) claims.push(claim(name, signal, await sendThrough(token, signal, MOST[signal], MOST_SECONDS)));
  await down();
}

async function bare(): Promise<void> {
  const collector = await startCollector(undefined, settings().COLLECTOR_IMAGE ?? '');
  if (!collector) throw new Error('there is no Docker, or not the image of the collector: docker compose pull collector');
  try {
    for (const signal of ORDER) {
      const load = await send(`http://127.0.0.1:${collector.ports.http}`, collector.key, signal, MOST[signal], MOST_SECONDS);
      claims.push(claim('a bare collector', signal, load));
    }
  } finally {
    await collector.stop();
  }
}

const claims: string[][] = [];
function claim(name: string, signal: Signal, load: Load & { stored?: number }): string[] {
  const rate = (items: number) => `${Math.round(items / load.seconds / 100) / 10}k`;
  const refused = Object.entries(load.refused).map(([said, items]) => `${rate(items)} (${said})`);
  const stored = load.stored === undefined ? 'keeps none' : percent(load.stored / load.accepted);
  return [
    `${signal} of ${MOST[signal] / 1000}k`,
    name,
    rate(load.offered),
    rate(load.accepted),
    refused.join(', ') || '0',
    stored,
    percent(load.senderShare),
  ];
}

function table(title: string, head: string[], rows: string[][]): void {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  console.log(`\n${title}\n\n${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}`);
}

process.env.COMPOSE_PROJECT_NAME = PROJECT;
console.log(machine());
try {
  await bare();
  for (const [name, stack] of Object.entries(STACKS)) await measure(name, stack);
  table(
    `How far it goes in ${MOST_SECONDS} s, items a second`,
    [
      'signal',
      'by',
      'sent',
      'accepted',
      'refused',
      `stored within ${DRAIN_SECONDS} s, of what was accepted`,
      "the sender's share of a core",
    ],
    claims.sort(([one = ''], [other = '']) => one.localeCompare(other)),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await down().catch(() => {});
}
