/**
 * `npm run bench ingest [seconds per row]`: OTLP in, received, checked, stored and derived, by the live view and by the Collector (otlp -> nop), each on
 * the same core in the same run, in turns; then what 100,000 spans cost in memory. The sender has the other cores.
 */

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../telemetry/root.ts';
import type { Signal } from '../server/store/ledger.ts';
import { batch } from './batches.ts';
import { pinSelf, type Receiver, startCollector, startLiveView } from './receivers.ts';
import { type Request, type Sender, sendGrpc, sendHttp } from './senders.ts';
import { StampedBatch } from './stamped.ts';

const CORE = 0;
const CAP_BYTES = 256 * 2 ** 20;
/** Turns of each row: their median counts. */
const TURNS = 3;
/** Distinct items that are sent over and over. */
const DISTINCT = 20_000;

const ROWS: { signal: Signal; transport: string; send: Sender; size: number; goal?: number }[] = [
  { signal: 'traces', transport: 'gRPC', send: sendGrpc, size: 250, goal: 1 },
  { signal: 'traces', transport: 'gRPC', send: sendGrpc, size: 10, goal: 1 },
  { signal: 'traces', transport: 'HTTP', send: sendHttp, size: 250, goal: 1.3 },
  { signal: 'traces', transport: 'HTTP', send: sendHttp, size: 10, goal: 1.3 },
  { signal: 'logs', transport: 'HTTP', send: sendHttp, size: 250 },
  { signal: 'metrics', transport: 'HTTP', send: sendHttp, size: 250 },
];

const seconds = Number(process.argv[2] ?? 3);
if (!(seconds > 0)) {
  console.error('usage: npm run bench ingest [seconds per row]');
  process.exit(2);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const thousands = (value: number): string => (Number.isNaN(value) ? '-' : `${Math.round(value / 1000)}k`).padStart(12);

/** Items per second, and per second of the receiver's own processor time: the latter says the same on a machine that has other work too. */
async function turn(
  receiver: Receiver,
  { signal, transport, send, size }: (typeof ROWS)[number],
  requests: readonly Request[],
): Promise<[number, number]> {
  const before = receiver.cpuSeconds() ?? Number.NaN;
  const port = transport === 'gRPC' ? receiver.ports.grpc : receiver.ports.http;
  const sending = await send(port, signal, requests, receiver.key, seconds);
  const items = sending.requests * size;
  return [items / sending.seconds, items / ((receiver.cpuSeconds() ?? Number.NaN) - before)];
}

async function measure(receivers: Receiver[]): Promise<void> {
  const names = receivers.map(({ name }) => name.padStart(12)).join('');
  console.log(`\n${'items per second'.padEnd(22)}${names}   ratio   and per second of its processor time`);
  for (const row of ROWS) {
    const requests = Array.from({ length: Math.ceil(DISTINCT / row.size) }, () =>
      row.signal === 'traces' ? new StampedBatch('storefront', row.size) : batch(row.signal, row.size),
    );
    const turns = receivers.map((): [number, number][] => []);
    for (let n = 0; n < TURNS; n++) {
      for (const [i, receiver] of receivers.entries()) turns[i]?.push(await turn(receiver, row, requests));
    }
    const columns = [0, 1].map((which) => {
      const rates = turns.map((list) => median(list.map((one) => one[which] as number)));
      const [own = Number.NaN, other] = rates;
      return rates.map(thousands).join('') + (other === undefined ? '' : (own / other).toFixed(2).padStart(8));
    });
    const goal = row.goal === undefined ? '' : `   goal ${row.goal}`;
    console.log(`${`${row.signal} ${row.transport} x${row.size}`.padEnd(22)}${columns.join('   ')}${goal}`);
  }
}

/** Sends `count` spans, none like another. */
async function fill(live: Receiver, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 250) {
    const response = await fetch(`http://127.0.0.1:${live.ports.http}/v1/traces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${live.key}`, 'content-type': 'application/x-protobuf' },
      body: batch('traces', 250),
    });
    await response.arrayBuffer();
  }
}

/** Resident memory idle, and per 100,000 spans held once the process is warm: from the first to the fifth hundred thousand. */
async function memory(): Promise<void> {
  const live = await startLiveView(CORE, CAP_BYTES);
  try {
    const idle = live.memory();
    await fill(live, 100_000);
    const warm = live.memory();
    await fill(live, 400_000);
    const full = live.memory();
    if (idle === undefined || warm === undefined || full === undefined)
      return console.log('memory: not measured, /proc is not here');
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    console.log(`\nmemory: idle ${megabytes(idle)} (goal 90), ${megabytes((full - warm) / 4)} per 100,000 spans held (goal 30)`);
  } finally {
    await live.stop();
  }
}

pinSelf(CORE);
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, server on one core, ${seconds} s a turn, ${TURNS} turns`,
);
const receivers: Receiver[] = [await startLiveView(CORE, CAP_BYTES)];
try {
  // The image that compose runs: versions are written once.
  const image = /^COLLECTOR_IMAGE=(.+)$/m.exec(readFileSync(join(ROOT, '.env'), 'utf8'))?.[1] ?? '';
  const collector = await startCollector(CORE, image);
  if (collector === undefined) console.log(`without the Collector: no Docker, or no image ${image} (docker pull ${image})`);
  else receivers.push(collector);
  await measure(receivers);
} finally {
  for (const receiver of receivers) await receiver.stop();
}
await memory();
