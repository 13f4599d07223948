/** The tree of one trace's spans: orphans and cycles found, clock skew corrected for display; what is stored stays as it is. */
import type { SpanBlock } from './block.ts';
import type { RowRef } from './otlp-rows.ts';
import { durationNanos, idText, nanosAfter, timeMs } from './values.ts';

export const ROOT = -1;
export const ORPHAN = -2;

export interface TreeSpan {
  /** Where it is held. */
  ref: RowRef<SpanBlock>;
  spanId: string;
  service: string;
  operation: string;
  kind: number;
  status: number;
  /** Start, as it came, after that of the earliest span: exact to the nanosecond, which milliseconds since 1970 are not. */
  offsetMs: number;
  durationMs: number;
  /** Index of the parent, ROOT or ORPHAN. */
  parent: number;
  children: number[];
  /** What to add to its times so that they fit its parent's. */
  shiftMs: number;
  cyclic: boolean;
}

const SERVER = 2;
const CLIENT = 3;

export interface TraceTree {
  /** Of the earliest span. */
  startMs: number;
  /** The earliest first. */
  spans: TreeSpan[];
}

/** Builds the tree. Of spans with the same id the first held counts as the parent. @param rows at least one */
export function buildTree(rows: readonly RowRef<SpanBlock>[]): TraceTree {
  const [any] = rows;
  if (any === undefined) throw new RangeError('a tree needs a span');
  const after = (ref: RowRef<SpanBlock>): number =>
    nanosAfter(ref.block.columns.start, ref.row, any.block.columns.start, any.row);
  const ordered = rows.map((ref) => ({ ref, nanos: after(ref) })).sort((a, b) => a.nanos - b.nanos);
  const first = ordered[0] ?? { ref: any, nanos: 0 };
  const byId = new Map<string, number>();
  const spans = ordered.map(({ ref, nanos }, index): TreeSpan => {
    const span = treeSpan(ref, (nanos - first.nanos) / 1e6);
    if (!byId.has(span.spanId)) byId.set(span.spanId, index);
    return span;
  });
  ordered.forEach(({ ref }, index) => {
    const parentId = idText(ref.block.columns.parent, ref.row, 2);
    (spans[index] as TreeSpan).parent = parentId === '' ? ROOT : (byId.get(parentId) ?? ORPHAN);
  });
  cutCycles(spans);
  spans.forEach((span, index) => {
    if (span.parent >= 0) (spans[span.parent] as TreeSpan).children.push(index);
  });
  correctSkew(spans);
  return { startMs: timeMs(first.ref.block.columns.start, first.ref.row), spans };
}

function treeSpan(ref: RowRef<SpanBlock>, offsetMs: number): TreeSpan {
  const { block, row } = ref;
  const { columns } = block;
  const meta = columns.meta[row] as number;
  return {
    ref,
    spanId: idText(columns.span, row, 2),
    service: block.service,
    operation: block.dictionary.text(columns.name[row] as number),
    kind: meta & 15,
    status: meta >>> 4,
    offsetMs,
    durationMs: durationNanos(columns.start, columns.end, row) / 1e6,
    parent: ROOT,
    children: [],
    shiftMs: 0,
    cyclic: false,
  };
}

/** A span that is its own ancestor becomes a root, so that every span can be reached from one. */
function cutCycles(spans: readonly TreeSpan[]): void {
  const done = new Uint8Array(spans.length);
  for (let start = 0; start < spans.length; start++) {
    const path: number[] = [];
    let at = start;
    // 0 not seen, 1 on this path, 2 known to lead to a root.
    while (at >= 0 && done[at] === 0) {
      done[at] = 1;
      path.push(at);
      at = (spans[at] as TreeSpan).parent;
    }
    if (at >= 0 && done[at] === 1) {
      const span = spans[at] as TreeSpan;
      span.cyclic = true;
      span.parent = ROOT;
    }
    for (const index of path) done[index] = 2;
  }
}

/**
 * Spans of another service that do not fit into their parent's time had another clock: each is moved to the middle of its parent, as Jaeger's
 * clock skew adjuster does, and what belongs to the same service below it goes along.
 */
function correctSkew(spans: readonly TreeSpan[]): void {
  for (const index of topDown(spans)) {
    const parent = spans[index] as TreeSpan;
    for (const child of parent.children.map((one) => spans[one] as TreeSpan)) {
      if (child.service === parent.service) {
        child.shiftMs = parent.shiftMs;
        continue;
      }
      const start = parent.offsetMs + parent.shiftMs;
      const early = child.offsetMs < start;
      const late =
        parent.kind === CLIENT && child.kind === SERVER && child.offsetMs + child.durationMs > start + parent.durationMs;
      if (early || late) child.shiftMs = start + Math.max(0, parent.durationMs - child.durationMs) / 2 - child.offsetMs;
    }
  }
}

/** Indices, each parent before its children. */
function topDown(spans: readonly TreeSpan[]): number[] {
  const order = spans.flatMap(({ parent }, index) => (parent < 0 ? [index] : []));
  for (let i = 0; i < order.length; i++) for (const child of (spans[order[i] as number] as TreeSpan).children) order.push(child);
  return order;
}
