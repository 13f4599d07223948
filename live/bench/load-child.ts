/**
 * Sends spans at an even pace over one connection, one request at a time, as an exporter does. A span ends when its batch is due, also where the
 * sender or the receiver is late: what waits is counted as waiting.
 */
import { connect } from 'node:net';
import { answer } from './child.ts';
import type { LoadOptions, LoadReport } from './load.ts';
import { StampedBatch } from './stamped.ts';

/** Distinct spans of each service. */
const DISTINCT = 5_000;

const { port, key, spansPerSecond, streams, record } = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;

const made = streams.map(({ service, size, remember = 0 }) => ({
  service,
  remember,
  batches: Array.from({ length: Math.ceil(DISTINCT / size) }, () => new StampedBatch(service, size)),
}));
const report: LoadReport = { spans: 0, endsMs: [], lateMs: [], covered: [], last: {} };
const socket = connect(port, '127.0.0.1').setNoDelay(true);
let answered: (() => void) | undefined;
let failure = '';
let going = false;
let done: Promise<void> | undefined;

socket.on('data', (chunk) => {
  const line = chunk.toString('latin1', 0, 200);
  if (!line.startsWith('HTTP/1.1 200')) failure = `the live view answered ${line}`;
  answered?.();
});
socket.on('error', ({ message }) => {
  failure = message;
  answered?.();
});

async function send(stream: (typeof made)[number], n: number, endMs: number): Promise<void> {
  const batch = stream.batches[n % stream.batches.length] as StampedBatch;
  batch.stamp(endMs);
  await new Promise<void>((resolve) => {
    answered = resolve;
    socket.cork();
    socket.write(
      `POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n` +
        `content-type: application/x-protobuf\r\ncontent-length: ${batch.body.length}\r\n\r\n`,
    );
    socket.write(batch.body);
    socket.uncork();
  });
  if (failure !== '') throw new Error(failure);
  report.spans += batch.size;
  if (stream.remember > 0) {
    report.last[stream.service] = [...(report.last[stream.service] ?? []), ...batch.traceIds()].slice(-stream.remember);
  }
}

async function run(): Promise<void> {
  const started = Date.now();
  for (let n = 0; going; n++) {
    const dueMs = Math.floor(started + (report.spans / spansPerSecond) * 1000);
    const early = dueMs - Date.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const lateMs = Date.now() - dueMs;
    await send(made[n % made.length] as (typeof made)[number], Math.floor(n / made.length), dueMs);
    if (!record) continue;
    report.endsMs.push(dueMs);
    report.lateMs.push(lateMs);
    report.covered.push(report.spans);
  }
}

answer({
  start() {
    going = true;
    done = run();
    done.catch(() => {});
  },
  async stop(): Promise<LoadReport> {
    going = false;
    await done;
    return report;
  },
});
