/** What a trace spent its time on: critical path, self time by service, the suspected bottleneck. */

import { clip } from '../derive/clipped.ts';
import { idText, NANOS_PER_MS } from '../otlp/values.ts';
import { over, type Steps } from '../store/slices.ts';
import { criticalPath, longest, type Path } from './critical-path.ts';
import { selfTimes } from './self-time.ts';
import { ORPHAN, ROOT, type TraceTree } from './tree.ts';

interface SpanName {
  spanId: string;
  service: string;
  operation: string;
}

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
  criticalPath: (SpanName & { startMs: number; durationMs: number })[];
  selfTime: { service: string; selfMs: number; share: number }[];
  bottleneck: (SpanName & { selfMs: number; share: number }) | null;
}

const STATUS_ERROR = 2;

/** Of each list so many at most: an answer stays below a megabyte whatever the trace. */
export const MOST_LISTED = 1_000;
export const MOST_STRETCHES = 4_000;

export function* analysisSteps(traceId: string, tree: TraceTree): Steps<Analysis> {
  const { count, duration, shift } = tree;
  const { orphans, cycles, skewed, errors, root, first, last } = yield* survey(tree);
  const path = yield* criticalPath(tree, root);
  const own = yield* selfTimes(tree);
  const idOf = (span: number): string => idText(tree.ids, span, 2);
  return {
    traceId,
    startMs: tree.startMs + first / NANOS_PER_MS,
    durationMs: (last - first) / NANOS_PER_MS,
    spans: count,
    errors,
    rootSpanId: idOf(root),
    orphans: orphans.listed.map(idOf),
    cycles: cycles.listed.map(idOf),
    skewed: skewed.listed.map((span) => ({ spanId: idOf(span), shiftMs: (shift[span] as number) / NANOS_PER_MS })),
    totals: { orphans: orphans.total, cycles: cycles.total, skewed: skewed.total, criticalPath: path.span.length },
    criticalPath: longest(path, MOST_STRETCHES).map((i) => {
      const [from, to] = [path.from[i] as number, path.to[i] as number];
      const times = { startMs: tree.startMs + from / NANOS_PER_MS, durationMs: (to - from) / NANOS_PER_MS };
      return { ...nameOf(tree, path.span[i] as number), ...times };
    }),
    selfTime: shares(tree.services, own),
    bottleneck: bottleneck(tree, path, duration[root] as number),
  };
}

/** Spans of a kind: how many, and the first of them. */
class Listing {
  total = 0;
  readonly listed: number[] = [];

  add(span: number): void {
    if (this.total++ < MOST_LISTED) this.listed.push(span);
  }
}

/** What there is to say of each span by itself, and of all: the root, when the first began and the last ended. */
function* survey({ count, parent, cyclic, status, offset, duration, shift }: TraceTree) {
  const [orphans, cycles, skewed] = [new Listing(), new Listing(), new Listing()];
  let [errors, root] = [0, 0];
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  // The root that took longest; where no root is held, the orphan that did.
  const rank = (span: number): number => (parent[span] === ROOT ? 2 : parent[span] === ORPHAN ? 1 : 0);
  const outranks = (span: number, other: number): boolean =>
    rank(span) > rank(other) || (rank(span) === rank(other) && (duration[span] as number) > (duration[other] as number));
  yield* over(count, (from, to) => {
    for (let span = from; span < to; span++) {
      if (parent[span] === ORPHAN) orphans.add(span);
      if (cyclic[span] === 1) cycles.add(span);
      if (shift[span] !== 0) skewed.add(span);
      if (status[span] === STATUS_ERROR) errors++;
      if (outranks(span, root)) root = span;
      const start = (offset[span] as number) + (shift[span] as number);
      first = Math.min(first, start);
      last = Math.max(last, start + (duration[span] as number));
    }
  });
  return { orphans, cycles, skewed, errors, root, first, last };
}

function nameOf({ ids, services, operations, service, operation }: TraceTree, span: number): SpanName {
  return {
    spanId: idText(ids, span, 2),
    service: services[service[span] as number] as string,
    operation: clip(operations[operation[span] as number] as string),
  };
}

/** The most first. */
function shares(services: readonly string[], own: Float64Array): Analysis['selfTime'] {
  const total = own.reduce((sum, nanos) => sum + nanos, 0);
  return services
    .map((service, i) => ({
      service,
      selfMs: (own[i] as number) / NANOS_PER_MS,
      share: total === 0 ? 0 : (own[i] as number) / total,
    }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

/** The span with the most time of its own on the path; of several the first there. */
function bottleneck(tree: TraceTree, { span, from, to }: Path, rootNanos: number): Analysis['bottleneck'] {
  const own = new Float64Array(tree.count);
  span.forEach((one, i) => {
    own[one] = (own[one] as number) + (to[i] as number) - (from[i] as number);
  });
  const [any] = span;
  if (any === undefined) return null;
  const worst = span.reduce((most, one) => ((own[one] as number) > (own[most] as number) ? one : most), any);
  const nanos = own[worst] as number;
  return { ...nameOf(tree, worst), selfMs: nanos / NANOS_PER_MS, share: rootNanos === 0 ? 0 : nanos / rootNanos };
}
