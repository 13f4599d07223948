/** What a trace spent its time on: critical path, self time by service, the suspected bottleneck. */
import { ORPHAN, ROOT, type TraceTree, type TreeSpan } from './trace-tree.ts';

export interface Analysis {
  traceId: string;
  startMs: number;
  durationMs: number;
  spans: number;
  errors: number;
  rootSpanId: string;
  orphans: string[];
  cycles: string[];
  skewed: { spanId: string; shiftMs: number }[];
  /** How many there are of what is listed in part only. */
  totals: { orphans: number; cycles: number; skewed: number; criticalPath: number };
  criticalPath: { spanId: string; service: string; operation: string; startMs: number; durationMs: number }[];
  selfTime: { service: string; selfMs: number; share: number }[];
  bottleneck: { spanId: string; service: string; operation: string; selfMs: number; share: number } | null;
}

const STATUS_ERROR = 2;

/** Of each list so many at most: an answer stays below a megabyte whatever the trace. */
export const MOST_LISTED = 1_000;
export const MOST_STRETCHES = 4_000;

interface Stretch {
  span: number;
  fromMs: number;
  toMs: number;
}

const startOf = (span: TreeSpan): number => span.offsetMs + span.shiftMs;
const endOf = (span: TreeSpan): number => startOf(span) + span.durationMs;

export function analyse(traceId: string, { startMs: baseMs, spans }: TraceTree): Analysis {
  const rootIndex = mainRoot(spans);
  const root = spans[rootIndex] as TreeSpan;
  const path = criticalPath(spans, rootIndex);
  const firstMs = spans.reduce((least, span) => Math.min(least, startOf(span)), Number.POSITIVE_INFINITY);
  const orphans = spans.filter(({ parent }) => parent === ORPHAN);
  const cycles = spans.filter(({ cyclic }) => cyclic);
  const skewed = spans.filter(({ shiftMs }) => shiftMs !== 0);
  const lastMs = spans.reduce((most, span) => Math.max(most, endOf(span)), Number.NEGATIVE_INFINITY);
  return {
    traceId,
    startMs: baseMs + firstMs,
    durationMs: lastMs - firstMs,
    spans: spans.length,
    errors: spans.filter(({ status }) => status === STATUS_ERROR).length,
    rootSpanId: root.spanId,
    orphans: listed(orphans).map(({ spanId }) => spanId),
    cycles: listed(cycles).map(({ spanId }) => spanId),
    skewed: listed(skewed).map(({ spanId, shiftMs }) => ({ spanId, shiftMs })),
    totals: { orphans: orphans.length, cycles: cycles.length, skewed: skewed.length, criticalPath: path.length },
    criticalPath: longest(path).map(({ span, fromMs, toMs }) => {
      const { spanId, service, operation } = spans[span] as TreeSpan;
      return { spanId, service, operation, startMs: baseMs + fromMs, durationMs: toMs - fromMs };
    }),
    selfTime: selfTime(spans),
    bottleneck: bottleneck(spans, path, root.durationMs),
  };
}

const listed = (spans: readonly TreeSpan[]): readonly TreeSpan[] => spans.slice(0, MOST_LISTED);

/** The longest stretches, in the order of time: on a path of many more the others are too short to be seen. */
function longest(path: readonly Stretch[]): readonly Stretch[] {
  if (path.length <= MOST_STRETCHES) return path;
  const kept = [...path].sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MOST_STRETCHES);
  return kept.sort((a, b) => a.fromMs - b.fromMs);
}

const lengthOf = ({ fromMs, toMs }: Stretch): number => toMs - fromMs;

/** The root that took longest; where no root is held, the orphan that did. */
function mainRoot(spans: readonly TreeSpan[]): number {
  const rank = ({ parent, durationMs }: TreeSpan): number => (parent === ROOT ? 2e15 : parent === ORPHAN ? 1e15 : 0) + durationMs;
  return spans.reduce((best, span, index) => (rank(span) > rank(spans[best] as TreeSpan) ? index : best), 0);
}

/**
 * From the root's end back: while a child was running, the child counts, the one that ended last before the time that is being explained; what is left
 * is the span's own. The same reading as Jaeger's critical path. Returned in the order of time.
 */
function criticalPath(spans: readonly TreeSpan[], root: number): Stretch[] {
  const path: Stretch[] = [];
  const stack: { span: number; children: number[]; next: number; untilMs: number }[] = [];
  const enter = (span: number, untilMs: number): void => {
    const children = [...(spans[span] as TreeSpan).children];
    children.sort((a, b) => endOf(spans[b] as TreeSpan) - endOf(spans[a] as TreeSpan));
    stack.push({ span, children, next: 0, untilMs });
  };
  enter(root, endOf(spans[root] as TreeSpan));
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const startMs = startOf(spans[frame.span] as TreeSpan);
    const child = frame.children[frame.next++];
    if (child === undefined || frame.untilMs <= startMs) {
      if (frame.untilMs > startMs) path.push({ span: frame.span, fromMs: startMs, toMs: frame.untilMs });
      stack.pop();
      continue;
    }
    const childStart = startOf(spans[child] as TreeSpan);
    const childEnd = Math.min(endOf(spans[child] as TreeSpan), frame.untilMs);
    if (childStart >= frame.untilMs || childEnd <= startMs || childEnd <= childStart) continue;
    if (childEnd < frame.untilMs) path.push({ span: frame.span, fromMs: childEnd, toMs: frame.untilMs });
    frame.untilMs = Math.max(childStart, startMs);
    enter(child, childEnd);
  }
  return path.reverse();
}

/** Each span's time less the time that its children cover, by service, the most first. */
function selfTime(spans: readonly TreeSpan[]): Analysis['selfTime'] {
  const byService = new Map<string, number>();
  for (const span of spans) {
    const start = startOf(span);
    const end = endOf(span);
    const children = span.children
      .map((index) => spans[index] as TreeSpan)
      .map((child) => [Math.max(start, startOf(child)), Math.min(end, endOf(child))] as const)
      .sort((a, b) => a[0] - b[0]);
    let covered = 0;
    let reached = start;
    for (const [from, to] of children) {
      covered += Math.max(0, to - Math.max(from, reached));
      reached = Math.max(reached, to);
    }
    byService.set(span.service, (byService.get(span.service) ?? 0) + span.durationMs - covered);
  }
  const total = [...byService.values()].reduce((sum, ms) => sum + ms, 0);
  return [...byService]
    .map(([service, selfMs]) => ({ service, selfMs, share: total === 0 ? 0 : selfMs / total }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

function bottleneck(spans: readonly TreeSpan[], path: readonly Stretch[], durationMs: number): Analysis['bottleneck'] {
  const bySpan = new Map<number, number>();
  for (const { span, fromMs, toMs } of path) bySpan.set(span, (bySpan.get(span) ?? 0) + toMs - fromMs);
  const [worst] = [...bySpan].sort((a, b) => b[1] - a[1]);
  if (worst === undefined) return null;
  const { spanId, service, operation } = spans[worst[0]] as TreeSpan;
  return { spanId, service, operation, selfMs: worst[1], share: durationMs === 0 ? 0 : worst[1] / durationMs };
}
