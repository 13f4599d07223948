/** Throws mutated and random bytes at the decoders; what must hold afterwards is checked here. */
import { exportRows } from '../page/export.ts';
import { Live } from '../receive/live.ts';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import { MalformedError, TooLargeError } from '../store/wire.ts';
import { type OracleMessage, oracleEncode } from './otlp-proto.ts';
import { RandomOtlp, random } from './random.ts';

const MESSAGES: Record<Signal, OracleMessage> = { traces: 'TracesData', metrics: 'MetricsData', logs: 'LogsData' };
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };
const SEEDS = 40;
/** Small, so that rings fill and evict all the time. */
const CAPS = { traces: 2 ** 19, metrics: 2 ** 19, logs: 2 ** 19 };
/** Every so often all that is held is read back: what was let in must be readable. */
const READ_EVERY = 2000;

export interface FuzzResult {
  inputs: number;
  accepted: number;
  refused: number;
}

/** @throws Error with the seed and the number of the input that broke something */
export function fuzz(inputs: number, seed: number, kind: 'protobuf' | 'json', onProgress?: (done: number) => void): FuzzResult {
  const live = new Live(CAPS);
  const next = random(seed);
  const corpus = SIGNALS.flatMap((signal) =>
    Array.from({ length: SEEDS }, (_, i) => ({ signal, bytes: original(signal, i + 1, kind) })),
  );
  const result: FuzzResult = { inputs, accepted: 0, refused: 0 };
  for (let n = 0; n < inputs; n++) {
    const { signal, bytes } = corpus[Math.floor(next() * corpus.length)] as (typeof corpus)[number];
    const input = mutate(bytes, next);
    const before = JSON.stringify(live.ledger.total(signal));
    try {
      live.take(signal, input, 'key', kind);
      result.accepted++;
    } catch (error) {
      const where = `${kind} input ${n} of seed ${seed} (${signal}, ${input.toString('base64')})`;
      if (!(error instanceof MalformedError || error instanceof TooLargeError))
        throw new Error(`${where} broke it`, { cause: error });
      if (JSON.stringify(live.ledger.total(signal)) !== before) throw new Error(`${where} was refused and yet counted`);
      result.refused++;
    }
    if (n % READ_EVERY === 0) readBack(live, `${kind} input ${n} of seed ${seed}`);
    if (n % 10_000 === 0) onProgress?.(n);
  }
  readBack(live, 'the last input');
  return result;
}

function original(signal: Signal, seed: number, kind: 'protobuf' | 'json'): Buffer {
  const protobuf = oracleEncode(MESSAGES[signal], new RandomOtlp(seed)[signal]());
  if (kind === 'protobuf') return protobuf;
  const live = new Live({ traces: 2 ** 24, metrics: 2 ** 24, logs: 2 ** 24 });
  live.take(signal, protobuf, 'key');
  return Buffer.from(JSON.stringify(exportRows(live, signal, ALL, 1000)));
}

function readBack(live: Live, where: string): void {
  for (const signal of SIGNALS) {
    const { received, held, evicted, rejected, duplicate } = live.ledger.total(signal);
    if (received !== held + evicted + rejected + duplicate)
      throw new Error(`after ${where}: ${received} received, ${held} + ${evicted} + ${rejected} + ${duplicate}`);
    let rows = 0;
    for (const block of live[signal].blocks()) rows += block.committed;
    if (rows !== held) throw new Error(`after ${where}: ${rows} rows, ${held} held`);
    if (live[signal].bytes > live[signal].capBytes) throw new Error(`after ${where}: ${live[signal].bytes} bytes held`);
    JSON.stringify(exportRows(live, signal, ALL, 500));
  }
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x08, 0x22, 0x5b, 0x7b, 0x7d];

function mutate(bytes: Buffer, next: () => number): Buffer {
  const at = (length: number): number => Math.floor(next() * length);
  if (next() < 0.1) return Buffer.from(Array.from({ length: at(200) }, () => at(256)));
  let out = Buffer.from(bytes);
  for (let times = 1 + at(4); times > 0 && out.length > 0; times--) {
    const position = at(out.length);
    switch (at(6)) {
      case 0:
        out[position] = at(256);
        break;
      case 1:
        out[position] = (out[position] ?? 0) ^ (1 << at(8));
        break;
      case 2:
        out[position] = INTERESTING[at(INTERESTING.length)] ?? 0;
        break;
      case 3:
        out = out.subarray(0, position);
        break;
      case 4:
        out = Buffer.concat([out.subarray(0, position), out.subarray(Math.min(out.length, position + 1 + at(8)))]);
        break;
      default:
        out = Buffer.concat([out.subarray(0, position), out.subarray(at(out.length)).subarray(0, 20), out.subarray(position)]);
    }
  }
  return out;
}
