/** Search of traces, and all rows of one. */

import type { RowRef } from '../otlp/rows.ts';
import { durationNanos, idText, idWords, NANOS_PER_MS, nanosAfter, timeMs } from '../otlp/values.ts';
import { type SpanFilter, spanTest } from '../query/match.ts';
import type { Live } from '../receive/live.ts';
import type { SpanBlock } from '../store/block.ts';
import type { BlockRows } from './tree.ts';

export interface TraceSummary {
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

/** The newest traces with a matching span, from `cursor` on. */
export function searchTraces(
  live: Live,
  filter: SpanFilter,
  limit: number,
  cursor: string,
): { traces: TraceSummary[]; next: string | null } {
  const found = newest(live, filter, limit + 1, parseCursor(cursor));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const next = found.length > limit && last !== undefined ? `${last.startMs}-${last.traceId}` : null;
  return {
    traces: summaries(
      live,
      page.map(({ traceId }) => traceId),
    ),
    next,
  };
}

/** The newest `count` traces after the cursor. */
function newest(live: Live, filter: SpanFilter, count: number, after: Found | undefined): Found[] {
  // A trace belongs to the page of its newest matching span: those of pages before must not come again with an older one.
  const shown = new Set<string>();
  if (after !== undefined) {
    scan(live, filter, (one) => {
      if (byNewest(one, after) <= 0) shown.add(one.traceId);
      return after.startMs;
    });
  }
  let kept = new Map<string, Found>();
  let threshold = Number.NEGATIVE_INFINITY;
  scan(live, filter, (one) => {
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
function scan(live: Live, filter: SpanFilter, visit: (one: Found) => number): void {
  let threshold = Number.NEGATIVE_INFINITY;
  for (const block of [...live.traces.blocks()].sort((a, b) => b.createdMs - a.createdMs)) {
    const test = spanTest(block, filter);
    if (test === undefined) continue;
    for (let row = block.committed - 1; row >= 0; row--) {
      const startMs = timeMs(block.columns.start, row);
      if (startMs >= threshold && test(row)) threshold = visit({ traceId: idText(block.columns.trace, row, 4), startMs });
    }
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

/** Summaries in the order of the ids, in one pass over all rows. */
function summaries(live: Live, traceIds: readonly string[]): TraceSummary[] {
  const rows = rowsOfTraces(live, traceIds);
  return traceIds.map((traceId) => summary(traceId, rows.get(traceId) ?? []));
}

export function rowsOfTrace(live: Live, traceId: string): RowRef<SpanBlock>[] {
  return rowRefs(rowsByBlock(live, traceId));
}

/** Where a trace's spans are held, without an object for each. */
export function rowsByBlock(live: Live, traceId: string): BlockRows[] {
  return rowsOfTraces(live, [traceId]).get(traceId) ?? [];
}

/** The rows of one span: more than one where a span came twice. */
export function rowsOfSpan(byBlock: readonly BlockRows[], spanId: string): RowRef<SpanBlock>[] {
  const [first, second] = idWords(spanId);
  return byBlock.flatMap(({ block, rows }) => {
    const { span } = block.columns;
    return rows.filter((row) => span[row * 2] === first && span[row * 2 + 1] === second).map((row) => ({ block, row }));
  });
}

/** One row after the other. */
export function rowRefs(byBlock: readonly BlockRows[]): RowRef<SpanBlock>[] {
  return byBlock.flatMap(({ block, rows }) => rows.map((row) => ({ block, row })));
}

function rowsOfTraces(live: Live, traceIds: readonly string[]): Map<string, BlockRows[]> {
  const wanted = traceIds.map((traceId) => ({ words: idWords(traceId), byBlock: [] as BlockRows[] }));
  // Half of the first word says of nearly every row that it is none of them.
  const maybe = new Uint8Array(2 ** 16);
  const byFirst = new Map<number, typeof wanted>();
  for (const one of wanted) {
    const first = one.words[0] ?? 0;
    maybe[first >>> 16] = 1;
    byFirst.set(first, [...(byFirst.get(first) ?? []), one]);
  }
  for (const block of live.traces.blocks()) {
    const { trace } = block.columns;
    for (let row = 0; row < block.committed; row++) {
      const first = trace[row * 4] as number;
      if (maybe[first >>> 16] === 0) continue;
      for (const { words, byBlock } of byFirst.get(first) ?? []) {
        if (!isTrace(trace, row, words)) continue;
        const last = byBlock[byBlock.length - 1];
        if (last?.block === block) last.rows.push(row);
        else byBlock.push({ block, rows: [row] });
      }
    }
  }
  return new Map(traceIds.map((traceId, i) => [traceId, wanted[i]?.byBlock ?? []]));
}

function isTrace(trace: Uint32Array, row: number, words: readonly number[]): boolean {
  for (let i = 0; i < 4; i++) if (trace[row * 4 + i] !== words[i]) return false;
  return true;
}

const STATUS_ERROR = 2;

function summary(traceId: string, byBlock: readonly BlockRows[]): TraceSummary {
  const services = new Map<string, { service: string; spans: number; errors: number }>();
  const [held] = byBlock;
  const any = held && { block: held.block, row: held.rows[0] as number };
  let first = any;
  let root: RowRef<SpanBlock> | undefined;
  // In nanoseconds from the start of the row that happens to be held first: milliseconds since 1970 would be too coarse to subtract.
  let start = 0;
  let end = 0;
  for (const { block, rows } of byBlock) {
    const { columns, service } = block;
    const of = services.get(service) ?? { service, spans: 0, errors: 0 };
    services.set(service, of);
    of.spans += rows.length;
    for (const row of rows) {
      const began = any === undefined ? 0 : nanosAfter(columns.start, row, any.block.columns.start, any.row);
      if (began < start) {
        start = began;
        first = { block, row };
      }
      end = Math.max(end, began + durationNanos(columns.start, columns.end, row));
      if (root === undefined && columns.parent[row * 2] === 0 && columns.parent[row * 2 + 1] === 0) root = { block, row };
      if ((columns.meta[row] as number) >>> 4 === STATUS_ERROR) of.errors++;
    }
  }
  const shown = root ?? first;
  const all = [...services.values()];
  return {
    traceId,
    service: shown?.block.service ?? '',
    operation: shown?.block.dictionary.text(shown.block.columns.name[shown.row] as number) ?? '',
    startMs: first === undefined ? 0 : timeMs(first.block.columns.start, first.row),
    durationMs: (end - start) / NANOS_PER_MS,
    spans: all.reduce((sum, { spans }) => sum + spans, 0),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
    rootMissing: root === undefined,
    services: all,
  };
}
