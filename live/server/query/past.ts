/**
 * What an interval came to, counted anew from the rows held: what is derived as rows come in reaches back two minutes only. In steps, for it walks all
 * rows.
 */
import { clippedString, clippedUnder } from '../derive/clipped.ts';
import { DB_SYSTEM, Derived, MAX_SERVICES, MESSAGING_SYSTEM, notableTrace } from '../derive/derive.ts';
import { logTimeMs } from '../derive/log-text.ts';
import { Notable } from '../derive/notable.ts';
import { KINDS, MAX_OPERATIONS, OTHER_OPERATIONS } from '../derive/operations.ts';
import { bucketOf } from '../derive/sketch.ts';
import { durationNanos, timeMs } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import type { LogBlock, SpanBlock } from '../store/block.ts';
import { OTHER_SERVICES } from '../store/ring.ts';
import { over, type Steps } from '../store/slices.ts';
import { PastCalls } from './past-calls.ts';
import { Tally } from './tally.ts';

/** An interval is cut into so many equal stretches for what is drawn over its time. */
export const STRETCHES = 60;
/** A caller begins before the span that it calls: so much earlier it is still looked for. */
const CALLER_EARLIER_MS = 60_000;
const STATUS_ERROR = 2;
const [SERVER, CLIENT, PRODUCER, CONSUMER] = ['server', 'client', 'producer', 'consumer'].map((kind) =>
  (KINDS as readonly string[]).indexOf(kind),
);

export interface PastService {
  service: string;
  all: Tally;
  stretches: (Tally | undefined)[];
  spans: number;
  notable: Notable;
}

export class Past {
  readonly services = new Map<string, PastService>();
  readonly operations = new Map<string, { service: string; operation: string; kind: string; tally: Tally }>();
  readonly calls = new PastCalls();
  /** Log records of the interval: their number by service, and the error groups. */
  readonly logs: Derived;
  /** What of the interval is counted: as far as rows are held, and up to now. */
  readonly fromMs: number;
  readonly toMs: number;

  constructor(fromMs: number, toMs: number) {
    this.fromMs = Math.min(fromMs, toMs);
    this.toMs = toMs;
    this.logs = new Derived(() => toMs);
  }

  get seconds(): number {
    return Math.max(1e-3, (this.toMs - this.fromMs) / 1000);
  }

  has(ms: number): boolean {
    return ms >= this.fromMs && ms <= this.toMs;
  }

  /** Remembers the callers among rows [from, to), and counts their calls of databases and brokers. */
  callers(block: SpanBlock, from: number, to: number): void {
    const { columns, dictionary } = block;
    const databases = DB_SYSTEM.map((key) => dictionary.lookUp(key));
    const broker = dictionary.lookUp(MESSAGING_SYSTEM);
    const node = this.calls.node(this.serviceOf(block.service).service, 'service');
    for (let row = from; row < to; row++) {
      const meta = columns.meta[row] as number;
      const kind = meta & 15;
      if (kind !== CLIENT && kind !== PRODUCER) continue;
      const startMs = timeMs(columns.start, row);
      if (startMs < this.fromMs - CALLER_EARLIER_MS || startMs > this.toMs) continue;
      const failed = meta >>> 4 === STATUS_ERROR;
      const set = columns.attributes[row] as number;
      const database = databases.map((key) => clippedUnder(block, set, key)).find((text) => text !== '') ?? '';
      const called = database || clippedUnder(block, set, broker);
      if (called === '') {
        this.calls.caller(columns.span[row * 2] as number, columns.span[row * 2 + 1] as number, node, failed);
      } else if (this.has(startMs)) {
        const nanos = durationNanos(columns.start, columns.end, row);
        this.calls.call(node, this.calls.node(called, database ? 'database' : 'messaging'), bucketOf(nanos), nanos, failed);
      }
    }
  }

  /** Counts rows [from, to), all callers being known. */
  spans(block: SpanBlock, from: number, to: number): void {
    const { columns } = block;
    const service = this.serviceOf(block.service);
    const node = this.calls.node(service.service, 'service');
    const stretchMs = Math.max(1e-3, (this.toMs - this.fromMs) / STRETCHES);
    // One period for all of its slowest.
    const second = Math.floor(this.fromMs / 1000);
    const operations = new Map<number, Tally>();
    for (let row = from; row < to; row++) {
      const startMs = timeMs(columns.start, row);
      if (!this.has(startMs)) continue;
      const meta = columns.meta[row] as number;
      const kind = meta & 15;
      const failed = meta >>> 4 === STATUS_ERROR;
      const nanos = durationNanos(columns.start, columns.end, row);
      const bucket = bucketOf(nanos);
      const parentLow = columns.parent[row * 2] as number;
      const parentHigh = columns.parent[row * 2 + 1] as number;
      const called = kind === SERVER || kind === CONSUMER;
      service.spans++;
      const name = columns.name[row] as number;
      let operation = operations.get(name * 8 + kind);
      if (operation === undefined) {
        operation = this.operationOf(service.service, clippedString(block, name), kind);
        operations.set(name * 8 + kind, operation);
      }
      operation.add(bucket, nanos, failed);
      if (called || (parentLow === 0 && parentHigh === 0)) {
        service.all.add(bucket, nanos, failed);
        const stretch = Math.min(STRETCHES - 1, Math.floor((startMs - this.fromMs) / stretchMs));
        service.stretches[stretch] ??= new Tally();
        service.stretches[stretch].add(bucket, nanos, failed);
        if (nanos / 1e6 > service.notable.threshold(second)) service.notable.slow(second, notableTrace(block, row, nanos));
      }
      if (called) this.calls.called(parentLow, parentHigh, node, bucket, nanos, failed);
      if (failed) service.notable.failed(notableTrace(block, row, nanos));
    }
  }

  logRecords(block: LogBlock, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      if (this.has(logTimeMs(block, row))) this.logs.logs({ block, from: row, to: row + 1 });
    }
  }

  private serviceOf(name: string): PastService {
    const known = this.services.get(name);
    if (known !== undefined) return known;
    if (this.services.size >= MAX_SERVICES && name !== OTHER_SERVICES) return this.serviceOf(OTHER_SERVICES);
    const state = { service: name, all: new Tally(), stretches: [], spans: 0, notable: new Notable() };
    this.services.set(name, state);
    return state;
  }

  private operationOf(service: string, operation: string, kind: number): Tally {
    const key = `${service}\n${operation}\n${kind}`;
    const known = this.operations.get(key);
    if (known !== undefined) return known.tally;
    if (this.operations.size >= MAX_OPERATIONS && operation !== OTHER_OPERATIONS)
      return this.operationOf(OTHER_SERVICES, OTHER_OPERATIONS, 0);
    const tally = new Tally();
    this.operations.set(key, { service, operation, kind: KINDS[kind] ?? 'unspecified', tally });
    return tally;
  }
}

/** @param fromMs NaN for the oldest row held; `toMs` NaN for now */
export function* pastSteps(live: Live, fromMs: number, toMs: number): Steps<Past> {
  const [traces, logs] = [[...live.traces.blocks()], [...live.logs.blocks()]];
  let oldestMs = Number.POSITIVE_INFINITY;
  const older = (ms: number) => {
    if (ms > 0 && ms < oldestMs) oldestMs = ms;
  };
  for (const block of traces)
    yield* over(block.committed, (from, to) => {
      for (let row = from; row < to; row++) older(timeMs(block.columns.start, row));
    });
  for (const block of logs)
    yield* over(block.committed, (from, to) => {
      for (let row = from; row < to; row++) older(logTimeMs(block, row));
    });
  const last = Math.min(Number.isNaN(toMs) ? Number.POSITIVE_INFINITY : toMs, live.now());
  const past = new Past(Number.isNaN(fromMs) ? oldestMs : Math.max(fromMs, oldestMs), last);
  for (const block of traces) yield* over(block.committed, (from, to) => past.callers(block, from, to));
  for (const block of traces) yield* over(block.committed, (from, to) => past.spans(block, from, to));
  for (const block of logs) yield* over(block.committed, (from, to) => past.logRecords(block, from, to));
  return past;
}
