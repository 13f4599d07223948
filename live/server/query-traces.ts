/** Search of traces, and all rows of one. */
import type { SpanBlock } from './block.ts';
import type { Live } from './live.ts';
import { type SpanFilter, spanTest } from './match.ts';
import type { RowRef } from './otlp-rows.ts';
import { BadRequestError } from './query.ts';
import { durationNanos, idText, idWords, timeMs } from './values.ts';

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

function parseCursor(cursor: string): Found | undefined {
  if (cursor === '') return undefined;
  const match = /^(\d+(?:\.\d+)?)-([0-9a-f]{32})$/.exec(cursor);
  if (match === null) throw new BadRequestError('cursor: take it from `next` of the page before');
  return { startMs: Number(match[1]), traceId: match[2] ?? '' };
}

/** Summaries in the order of the ids, in one pass over all rows. */
function summaries(live: Live, traceIds: readonly string[]): TraceSummary[] {
  const rows = rowsOfTraces(live, traceIds);
  return traceIds.map((traceId) => summary(traceId, rows.get(traceId) ?? []));
}

export function rowsOfTrace(live: Live, traceId: string): RowRef<SpanBlock>[] {
  return rowsOfTraces(live, [traceId]).get(traceId) ?? [];
}

function rowsOfTraces(live: Live, traceIds: readonly string[]): Map<string, RowRef<SpanBlock>[]> {
  const wanted = traceIds.map((traceId) => ({ words: idWords(traceId), rows: [] as RowRef<SpanBlock>[] }));
  // Half of the first word says of nearly every row that it is none of them.
  const maybe = new Uint8Array(2 ** 16);
  for (const { words } of wanted) maybe[(words[0] ?? 0) >>> 16] = 1;
  for (const block of live.traces.blocks()) {
    const { trace } = block.columns;
    for (let row = 0; row < block.committed; row++) {
      if (maybe[(trace[row * 4] as number) >>> 16] === 0) continue;
      wanted.find(({ words }) => words.every((word, i) => trace[row * 4 + i] === word))?.rows.push({ block, row });
    }
  }
  return new Map(traceIds.map((traceId, i) => [traceId, wanted[i]?.rows ?? []]));
}

const STATUS_ERROR = 2;

function summary(traceId: string, rows: readonly RowRef<SpanBlock>[]): TraceSummary {
  const services = new Map<string, { service: string; spans: number; errors: number }>();
  let first: RowRef<SpanBlock> | undefined;
  let root: RowRef<SpanBlock> | undefined;
  let startMs = Number.POSITIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  let errors = 0;
  for (const ref of rows) {
    const { block, row } = ref;
    const { columns } = block;
    const start = timeMs(columns.start, row);
    if (start < startMs) first = ref;
    startMs = Math.min(startMs, start);
    endMs = Math.max(endMs, start + durationNanos(columns.start, columns.end, row) / 1e6);
    if (columns.parent[row * 2] === 0 && columns.parent[row * 2 + 1] === 0) root ??= ref;
    const of = services.get(block.service) ?? { service: block.service, spans: 0, errors: 0 };
    services.set(block.service, of);
    of.spans++;
    if ((columns.meta[row] as number) >>> 4 !== STATUS_ERROR) continue;
    of.errors++;
    errors++;
  }
  const shown = root ?? first;
  return {
    traceId,
    service: shown?.block.service ?? '',
    operation: shown?.block.dictionary.text(shown.block.columns.name[shown.row] as number) ?? '',
    startMs,
    durationMs: endMs - startMs,
    spans: rows.length,
    errors,
    rootMissing: root === undefined,
    services: [...services.values()],
  };
}
