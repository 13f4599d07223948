/**
 * `npm run bench workers [seconds per row]`: what processes beside the live view's own add (LIVE_WORKERS). The sender has the same cores, so that the
 * rate alone says little where there are few; the microseconds say how far it would go: each span costs its worker one part, in which workers add up,
 * and the process that holds everything another, which is the limit.
 */
import { machine } from './print.ts';
import { type LiveView, startLiveView } from './receivers.ts';
import { type Request, type Sender, sendGrpc, sendHttp } from './senders.ts';
import { StampedBatch } from './stamped.ts';

const CAP_BYTES = 256 * 2 ** 20;
const WORKERS = [0, 1, 2, 4];
/** Each a connection of its own, so that every worker has one. */
const SENDERS = 4;
const TURNS = 3;
const DISTINCT = 20_000;
const ROWS: { name: string; send: Sender; size: number }[] = [
  { name: 'gRPC x250', send: sendGrpc, size: 250 },
  { name: 'gRPC x10', send: sendGrpc, size: 10 },
  { name: 'HTTP x250', send: sendHttp, size: 250 },
  { name: 'HTTP x10', send: sendHttp, size: 10 },
];

interface Turn {
  rate: number;
  /** Microseconds per span. */
  storing: number;
  taking: number;
}

async function turn(live: LiveView, { send, size }: (typeof ROWS)[number], requests: readonly Request[]): Promise<Turn> {
  const before = [live.cpuSeconds() ?? Number.NaN, live.workersCpuSeconds()] as const;
  const port = send === sendGrpc ? live.ports.grpc : live.ports.http;
  const sendings = await Promise.all(Array.from({ length: SENDERS }, () => send(port, 'traces', requests, live.key, seconds)));
  const spans = sendings.reduce((sum, one) => sum + one.requests, 0) * size;
  return {
    rate: spans / Math.max(...sendings.map((one) => one.seconds)),
    storing: (((live.cpuSeconds() ?? Number.NaN) - before[0]) / spans) * 1e6,
    taking: ((live.workersCpuSeconds() - before[1]) / spans) * 1e6,
  };
}

const seconds = Number(process.argv[2] ?? 3);
if (!(seconds > 0)) {
  console.error('usage: npm run bench workers [seconds per row]');
  process.exit(2);
}
console.log(
  `${machine()}; sender and all processes on the same cores, ${seconds} s a turn, the middle one of ${TURNS} by its rate`,
);
const heads = ['workers', 'spans/s', 'us a span: here', 'in workers', 'limit, spans/s'];
console.log(`\n${''.padEnd(12)}${heads.map((head) => head.padStart(17)).join('')}`);
for (const workers of WORKERS) {
  const live = await startLiveView(undefined, CAP_BYTES, workers);
  try {
    for (const row of ROWS) {
      const requests = Array.from({ length: Math.ceil(DISTINCT / row.size) }, () => new StampedBatch('storefront', row.size));
      // Each process compiles its hot code first.
      await turn(live, row, requests);
      const turns: Turn[] = [];
      for (let n = 0; n < TURNS; n++) turns.push(await turn(live, row, requests));
      const { rate, storing, taking } = turns.toSorted((a, b) => a.rate - b.rate)[Math.floor(TURNS / 2)] as Turn;
      const cells = [workers, Math.round(rate), storing.toFixed(2), taking.toFixed(2), Math.round(1e6 / storing)];
      console.log(row.name.padEnd(12) + cells.map((cell) => String(cell).padStart(17)).join(''));
    }
  } finally {
    await live.stop();
  }
}
