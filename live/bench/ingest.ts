/**
 * `npm run bench ingest [seconds per row]`: OTLP in, received, checked, stored and derived, by the live view and by the Collector (otlp -> nop), each on
 * the same core in the same run, in turns; then what 100,000 spans cost in memory. The sender has the other cores.
 */

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Signal } from '../server/ledger.ts';
import { batch } from './batches.ts';
import { type Receiver, startCollector, startLiveView } from './receivers.ts';
import { type Sender, sendGrpc, sendHttp } from './senders.ts';

const CORE = 0;
const CAP_BYTES = 256 * 2 ** 20;
/** Turns of each row: their median counts. */
const TURNS = 3;
/** Distinct items that are sent over and over. */
const DISTINCT = 20_000;

const ROWS: { signal: Signal; transport: string; send: Sender; size: number; goal?: number }[] = [
  { signal: 'traces', transport: 'gRPC', send: sendGrpc, size: 250, goal: 0.9 },
  { signal: 'traces', transport: 'gRPC', send: sendGrpc, size: 10, goal: 0.9 },
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

/** The image that compose runs: versions are written once. */
function collectorImage(): string {
  for (const up of ['../../', '../../../']) {
    try {
      return /^COLLECTOR_IMAGE=(.+)$/m.exec(readFileSync(new URL(`${up}.env`, import.meta.url), 'utf8'))?.[1] ?? '';
    } catch {
      // Built files lie one folder deeper than the source.
    }
  }
  return '';
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const thousands = (value: number): string => `${Math.round(value / 1000)}k`.padStart(8);

async function measure(receivers: Receiver[]): Promise<void> {
  console.log(`\n${'items/s'.padEnd(22)}${receivers.map(({ name }) => name.padStart(12)).join('')}   ratio (goal)`);
  for (const { signal, transport, send, size, goal } of ROWS) {
    const bodies = Array.from({ length: Math.ceil(DISTINCT / size) }, () => batch(signal, size));
    const rates = receivers.map((): number[] => []);
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [i, receiver] of receivers.entries()) {
        const port = transport === 'gRPC' ? receiver.ports.grpc : receiver.ports.http;
        const sending = await send(port, signal, bodies, receiver.key, seconds);
        rates[i]?.push((sending.requests * size) / sending.seconds);
      }
    }
    const [own = Number.NaN, other] = rates.map(median);
    const ratio = other === undefined ? '' : `   ${(own / other).toFixed(2)}${goal === undefined ? '' : ` (${goal})`}`;
    const row = `${signal} ${transport} x${size}`.padEnd(22);
    console.log(
      `${row}${[own, ...(other === undefined ? [] : [other])].map((rate) => thousands(rate).padStart(12)).join('')}${ratio}`,
    );
  }
}

async function memory(): Promise<void> {
  const live = await startLiveView(CORE, CAP_BYTES);
  try {
    const idle = live.memory();
    const requests = 400;
    const size = 250;
    for (let sent = 0; sent < requests; sent++) {
      const response = await fetch(`http://127.0.0.1:${live.ports.http}/v1/traces`, {
        method: 'POST',
        headers: { authorization: `Bearer ${live.key}`, 'content-type': 'application/x-protobuf' },
        body: batch('traces', size),
      });
      await response.arrayBuffer();
    }
    const full = live.memory();
    if (idle === undefined || full === undefined) return console.log('memory: not measured, /proc is not here');
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    console.log(
      `\nmemory: idle ${megabytes(idle)} (goal 90), ${requests * size} spans more ${megabytes(full - idle)} (goal 30 per 100,000)`,
    );
  } finally {
    await live.stop();
  }
}

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, server on one core, ${seconds} s a turn, ${TURNS} turns`,
);
const receivers = [await startLiveView(CORE, CAP_BYTES)];
try {
  const image = collectorImage();
  const collector = await startCollector(CORE, image);
  if (collector === undefined) console.log(`without the Collector: no Docker, or no image ${image} (docker pull ${image})`);
  else receivers.push(collector);
  await measure(receivers);
} finally {
  for (const receiver of receivers) await receiver.stop();
}
await memory();
