/** Search of traces. */

import type { RowRef } from '../otlp/rows.ts';
import { durationNanos, idText, NANOS_PER_MS, nanosAfter, servicesOf, timeMs } from '../otlp/values.ts';
import { type SpanFilter, spanTest } from '../query/match.ts';
import type { Live } from '../receive/live.ts';
import type { SpanBlock } from '../store/block.ts';
import { atOnce, over, type Steps } from '../store/slices.ts';
import { type Held, held, rowsOfTraces } from './trace-rows.ts';
import type { BlockRows } from './tree.ts';

interface TraceSummary {
  traceId: string;
  service: string;
  operation: string;
  startMs: number;
  durationMs: number;
  spans: number;
  errors: number;
  rootMissing: boolean;
  services: { service: string; spans: number; errors: number }[];
}

interface Found {
  traceId: string;
  /** The newest start of its spans that match: what the list is ordered by. */
  startMs: number;
}

interface TracePage {
  traces: TraceSummary[];
  next: string | null;
}

/** What a page of traces comes to: it ends there, whatever the limit, since names may be long. */
const PAGE_CHARACTERS = 8 * 2 ** 20;
/** Rows of one step, of each of which attributes may be read. */
const ROWS_PER_STEP = 256;

/** The newest traces with a matching span, from `cursor` on; of what is held when it begins. */
export function* searchSteps(live: Live, filter: SpanFilter, limit: number, cursor: string): Steps<TracePage> {
  const all = held(live);
  const found = yield* newest(all, filter, limit + 1, parseCursor(cursor));
  const rows = yield* rowsOfTraces(
    all,
    found.slice(0, limit).map(({ traceId }) => traceId),
  );
  const traces: TraceSummary[] = [];
  let characters = 0;
  for (const { traceId } of found.slice(0, limit)) {
    const one = yield* summary(traceId, rows.get(traceId) ?? []);
    characters += one.operation.length + one.services.reduce((sum, { service }) => sum + service.length, 0);
    if (characters > PAGE_CHARACTERS && traces.length > 0) break;
    traces.push(one);
  }
  const last = found[traces.length - 1];
  const next = found.length > traces.length && last !== undefined ? `${last.startMs}-${last.traceId}` : null;
  return { traces, next };
}

/** The same at one go. */
export const searchTraces = (...args: Parameters<typeof searchSteps>): TracePage => atOnce(searchSteps(...args));

/** The newest `count` traces after the cursor. */
function* newest(all: readonly Held[], filter: SpanFilter, count: number, after: Found | undefined): Steps<Found[]> {
  // A trace belongs to the page of its newest matching span: those of pages before must not come again with an older one.
  const shown = new Set<string>();
  if (after !== undefined) {
    yield* scan(all, filter, (one) => {
      if (byNewest(one, after) <= 0) shown.add(one.traceId);
      return after.startMs;
    });
  }
  let kept = new Map<string, Found>();
  let threshold = Number.NEGATIVE_INFINITY;
  yield* scan(all, filter, (one) => {
    if (shown.has(one.traceId) || (kept.get(one.traceId)?.startMs ?? Number.NEGATIVE_INFINITY) >= one.startMs) return threshold;
    kept.set(one.traceId, one);
    if (kept.size < count * 4) return threshold;
    const best = [...kept.values()].sort(byNewest).slice(0, count);
    kept = new Map(best.map((good) => [good.traceId, good]));
    threshold = best.at(-1)?.startMs ?? threshold;
    return threshold;
  });
  return [...kept.values()].sort(byNewest).slice(0, count);
}

/** Shows each matching span whose start is not below what `visit` returned last; from the newest block back, so that most rows fail that. */
function* scan(all: readonly Held[], filter: SpanFilter, visit: (one: Found) => number): Steps<void> {
  let threshold = Number.NEGATIVE_INFINITY;
  for (const { block, rows } of all.toSorted((a, b) => b.block.createdMs - a.block.createdMs)) {
    const test = spanTest(block, filter);
    if (test === undefined) {
      yield;
      continue;
    }
    const { start, trace } = block.columns;
    const look = (row: number): void => {
      const startMs = timeMs(start, row);
      if (startMs >= threshold && test(row)) threshold = visit({ traceId: idText(trace, row, 4), startMs });
    };
    yield* over(
      rows,
      (from, to) => {
        for (let i = from; i < to; i++) look(rows - 1 - i);
      },
      ROWS_PER_STEP,
    );
  }
}

const byNewest = (a: Found, b: Found): number =>
  b.startMs - a.startMs || (a.traceId < b.traceId ? 1 : a.traceId > b.traceId ? -1 : 0);

/** @param cursor of the form that CURSORS demands */
function parseCursor(cursor: string): Found | undefined {
  if (cursor === '') return undefined;
  const match = /^(.*)-(.*)$/.exec(cursor);
  return { startMs: Number(match?.[1]), traceId: match?.[2] ?? '' };
}

const STATUS_ERROR = 2;

function* summary(traceId: string, byBlock: readonly BlockRows[]): Steps<TraceSummary> {
  const services = new Map<string, { service: string; spans: number; errors: number }>();
  const [held] = byBlock;
  const any = held && { block: held.block, row: held.rows[0] as number };
  let first = any;
  let root: RowRef<SpanBlock> | undefined;
  // In nanoseconds from the start of the row that happens to be held first: milliseconds since 1970 would be too coarse to subtract.
  let start = 0;
  let end = 0;
  for (const { block, rows } of byBlock) {
    const { columns } = block;
    const serviceOf = servicesOf(block);
    for (const row of rows) {
      const service = serviceOf(row);
      const of = services.get(service) ?? { service, spans: 0, errors: 0 };
      if (of.spans++ === 0) services.set(service, of);
      const began = any === undefined ? 0 : nanosAfter(columns.start, row, any.block.columns.start, any.row);
      if (began < start) {
        start = began;
        first = { block, row };
      }
      end = Math.max(end, began + durationNanos(columns.start, columns.end, row));
      if (root === undefined && columns.parent[row * 2] === 0 && columns.parent[row * 2 + 1] === 0) root = { block, row };
      if ((columns.meta[row] as number) >>> 4 === STATUS_ERROR) of.errors++;
    }
    yield;
  }
  const shown = root ?? first;
  const all = [...services.values()];
  return {
    traceId,
    service: shown === undefined ? '' : servicesOf(shown.block)(shown.row),
    operation: shown?.block.dictionary.text(shown.block.columns.name[shown.row] as number) ?? '',
    startMs: first === undefined ? 0 : timeMs(first.block.columns.start, first.row),
    durationMs: (end - start) / NANOS_PER_MS,
    spans: all.reduce((sum, { spans }) => sum + spans, 0),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
    rootMissing: root === undefined,
    services: all,
  };
}
