/** Which operations of which services run a statement, from the spans that have its text. */
import { fingerprint } from '../../../database/sql-text.ts';
import { ATTRIBUTES } from '../../../telemetry/signals.ts';
import { clippedString } from '../derive/clipped.ts';
import type { RowRef } from '../otlp/rows.ts';
import { durationNanos, idText, NANOS_PER_MS, servicesOf, timeMs, valueText, valueUnder } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import { NO_VALUE } from '../store/attribute-sets.ts';
import type { SpanBlock } from '../store/block.ts';
import { remembered } from '../store/remembered.ts';
import { over, type Steps } from '../store/slices.ts';
import { Wire } from '../store/wire.ts';
import { held, rowsOfTraces } from '../trace/trace-rows.ts';
import type { Interval } from './database.ts';

/** Where a span has its statement: as the conventions name it, and as they did before. */
const TEXT_KEYS = [ATTRIBUTES.query, 'db.statement'].map((key) => new Wire(Buffer.from(key)));
/** Of the newest so many spans the operation that they belong to is looked for. */
const MOST_SPANS = 1_000;
const EXAMPLES = 10;
const MOST_CALLERS = 100;
/** From a statement's span up to the request: so many spans at most. */
const HIGHEST = 20;
const [SERVER, CONSUMER] = [2, 5];
const STATUS_ERROR = 2;

interface Example {
  traceId: string;
  spanId: string;
  service: string;
  startMs: number;
  durationMs: number;
  failed: boolean;
}

interface Caller {
  service: string;
  /** The request that the service was serving: of its server or consumer span, or of the outermost that is held. */
  operation: string;
  /** Of the spans that were looked at. */
  calls: number;
  errors: number;
  totalMs: number;
}

export interface Callers {
  /** All spans of the interval that have the statement, failed ones among them. */
  spans: number;
  errors: number;
  /** Of so many of them, the newest, the operation was looked for. */
  lookedAt: number;
  callers: Caller[];
  /** The slowest. */
  examples: Example[];
}

/** A function of a block's rows: the statement that a span ran as `fingerprint` gives it; '' for one that ran none. */
function statementOf(block: SpanBlock): ((row: number) => string) | undefined {
  const keys = TEXT_KEYS.map((key) => block.dictionary.lookUp(key)).filter((id) => id >= 0);
  if (keys.length === 0) return undefined;
  const ofValue = remembered((ref) => (ref === NO_VALUE ? '' : fingerprint(valueText(block, ref))));
  const { attributes } = block.columns;
  return (row) => {
    for (const key of keys) {
      const ref = valueUnder(block, attributes[row] as number, key);
      if (ref !== NO_VALUE) return ofValue(ref);
    }
    return '';
  };
}

/** The spans that ran the statement with this fingerprint. */
export function* callerSteps(live: Live, wanted: string, { fromMs, toMs }: Interval): Steps<Callers> {
  const slow = new Most<Found>(EXAMPLES, took);
  const late = new Most<Found>(MOST_SPANS, ({ startMs }) => startMs);
  let spans = 0;
  const all = held(live);
  let errors = 0;
  for (const { block, rows } of all) {
    yield;
    const of = statementOf(block);
    if (of === undefined) continue;
    yield* over(rows, (from, to) => {
      for (let row = from; row < to; row++) {
        const startMs = timeMs(block.columns.start, row);
        if (startMs < fromMs || startMs > toMs || of(row) !== wanted) continue;
        const span = { block, row, startMs };
        if (failed(span)) errors++;
        spans++;
        slow.add(span);
        late.add(span);
      }
    });
  }
  const newest = late.sorted();
  const traceIds = [...new Set(newest.map(traceOf))];
  const traces = yield* rowsOfTraces(all, traceIds);
  const parents = new Map<string, RowRef<SpanBlock>>();
  for (const byBlock of traces.values())
    for (const { block, rows } of byBlock) {
      yield;
      for (const row of rows) parents.set(`${traceOf({ block, row })}${idText(block.columns.span, row, 2)}`, { block, row });
    }
  const callers = new Map<string, Caller>();
  for (const one of newest) {
    const service = serviceOf(one);
    const operation = operationOf(one, service, parents);
    const key = `${service}\n${operation}`;
    const caller = callers.get(key) ?? { service, operation, calls: 0, errors: 0, totalMs: 0 };
    callers.set(key, caller);
    caller.calls++;
    caller.totalMs += took(one);
    if (failed(one)) caller.errors++;
  }
  return {
    spans,
    errors,
    lookedAt: newest.length,
    callers: [...callers.values()].sort((a, b) => b.totalMs - a.totalMs).slice(0, MOST_CALLERS),
    examples: slow.sorted().map((one) => ({
      traceId: traceOf(one),
      spanId: idText(one.block.columns.span, one.row, 2),
      service: serviceOf(one),
      startMs: one.startMs,
      durationMs: took(one),
      failed: failed(one),
    })),
  };
}

type Ref = RowRef<SpanBlock>;
type Found = Ref & { startMs: number };

/** The `count` that come to most, without all the others being kept: there may be as many as spans are held. */
class Most<T> {
  private readonly count: number;
  private readonly of: (one: T) => number;
  private kept: { one: T; value: number }[] = [];
  private least = Number.NEGATIVE_INFINITY;

  constructor(count: number, of: (one: T) => number) {
    this.count = count;
    this.of = of;
  }

  add(one: T): void {
    const value = this.of(one);
    if (value <= this.least) return;
    this.kept.push({ one, value });
    if (this.kept.length < this.count * 2) return;
    this.cut();
    this.least = this.kept.at(-1)?.value ?? this.least;
  }

  /** The first is the one with most. */
  sorted(): T[] {
    this.cut();
    return this.kept.map(({ one }) => one);
  }

  private cut(): void {
    this.kept.sort((a, b) => b.value - a.value);
    this.kept.length = Math.min(this.kept.length, this.count);
  }
}
const traceOf = ({ block, row }: Ref): string => idText(block.columns.trace, row, 4);
const serviceOf = ({ block, row }: Ref): string => servicesOf(block)(row);
const took = ({ block: { columns }, row }: Ref): number => durationNanos(columns.start, columns.end, row) / NANOS_PER_MS;
const failed = ({ block, row }: Ref): boolean => (block.columns.meta[row] as number) >>> 4 === STATUS_ERROR;
const nameOf = ({ block, row }: Ref): string => clippedString(block, block.columns.name[row] as number);

/** Up from a span as long as its service is the same. */
function operationOf(span: Ref, service: string, parents: ReadonlyMap<string, Ref>): string {
  const traceId = traceOf(span);
  let at = span;
  for (let step = 0; step < HIGHEST; step++) {
    const kind = (at.block.columns.meta[at.row] as number) & 15;
    if (kind === SERVER || kind === CONSUMER) break;
    const parent = parents.get(traceId + idText(at.block.columns.parent, at.row, 2));
    if (parent === undefined || serviceOf(parent) !== service) break;
    at = parent;
  }
  return nameOf(at);
}

/** The statements that a trace ran, as fingerprints. @param spanId '' for all of its spans */
export function* statementsOfTrace(live: Live, traceId: string, spanId: string): Steps<Set<string>> {
  const found = new Set<string>();
  for (const { block, rows } of (yield* rowsOfTraces(held(live), [traceId])).get(traceId) ?? []) {
    yield;
    const of = statementOf(block);
    if (of === undefined) continue;
    for (const row of rows) if (spanId === '' || idText(block.columns.span, row, 2) === spanId) found.add(of(row));
  }
  found.delete('');
  return found;
}
