/**
 * Builds the tree of one trace's spans: orphans and cycles found, clock skew corrected for display; what is stored stays as it is. Times are
 * nanoseconds, of which floats hold every one up to 104 days: sums and comparisons are exact.
 */

import { durationNanos, nanosAfter, servicesOf, timeMs } from '../otlp/values.ts';
import { remembered } from '../store/remembered.ts';
import { over, type Steps } from '../store/slices.ts';
import { correctSkew } from './clock-skew.ts';
import { SpanIds } from './span-ids.ts';
import { startRanks } from './start-ranks.ts';
import { type BlockRows, ORPHAN, ROOT, type TraceTree } from './tree.ts';

/** Builds the tree. Of spans with the same id the earliest counts as the parent. @param byBlock with a row at least */
export function* treeSteps(byBlock: readonly BlockRows[]): Steps<TraceTree> {
  const { ranks, earliest } = yield* startRanks(byBlock);
  const count = ranks.length;
  const services = new Names();
  const operations = new Names();
  const tree: TraceTree = {
    count,
    startMs: timeMs(earliest.block.columns.start, earliest.row),
    byBlock,
    ranks,
    services: services.names,
    operations: operations.names,
    service: new Int32Array(count),
    operation: new Int32Array(count),
    ids: new Uint32Array(count * 2),
    kind: new Uint8Array(count),
    status: new Uint8Array(count),
    offset: new Float64Array(count),
    duration: new Float64Array(count),
    shift: new Float64Array(count),
    parent: new Int32Array(count),
    cyclic: new Uint8Array(count),
    childrenFrom: new Int32Array(count + 1),
    children: new Int32Array(count),
  };
  let at = 0;
  for (const { block, rows } of byBlock) {
    const { columns, dictionary } = block;
    const serviceOf = servicesOf(block);
    const operationOf = remembered((name) => operations.indexOf(dictionary.text(name)));
    const enter = (row: number): void => {
      const span = ranks[at++] as number;
      tree.service[span] = services.indexOf(serviceOf(row));
      tree.operation[span] = operationOf(columns.name[row] as number);
      tree.kind[span] = (columns.meta[row] as number) & 15;
      tree.status[span] = (columns.meta[row] as number) >>> 4;
      tree.offset[span] = nanosAfter(columns.start, row, earliest.block.columns.start, earliest.row);
      tree.duration[span] = durationNanos(columns.start, columns.end, row);
      tree.ids[span * 2] = columns.span[row * 2] as number;
      tree.ids[span * 2 + 1] = columns.span[row * 2 + 1] as number;
    };
    yield* over(rows.length, (from, to) => {
      for (let i = from; i < to; i++) enter(rows[i] as number);
    });
  }
  yield* findParents(tree);
  yield* cutCycles(tree);
  yield* listChildren(tree);
  yield* correctSkew(tree);
  return tree;
}

/** Names, each once. */
class Names {
  readonly names: string[] = [];
  private readonly indices = new Map<string, number>();

  indexOf(name: string): number {
    const index = this.indices.get(name) ?? this.names.length;
    if (index === this.names.length) {
      this.names.push(name);
      this.indices.set(name, index);
    }
    return index;
  }
}

function* findParents({ count, byBlock, ranks, ids, parent }: TraceTree): Steps<void> {
  const known = new SpanIds(ids);
  yield* over(count, (from, to) => {
    for (let span = from; span < to; span++) known.add(span);
  });
  let at = 0;
  for (const { block, rows } of byBlock) {
    const { parent: parents } = block.columns;
    const enter = (row: number): void => {
      const first = parents[row * 2] as number;
      const second = parents[row * 2 + 1] as number;
      const held = known.find(first, second);
      parent[ranks[at++] as number] = first === 0 && second === 0 ? ROOT : held < 0 ? ORPHAN : held;
    };
    yield* over(rows.length, (from, to) => {
      for (let i = from; i < to; i++) enter(rows[i] as number);
    });
  }
}

/** A span that is its own ancestor becomes a root, so that every span can be reached from one. */
function* cutCycles({ count, parent, cyclic }: TraceTree): Steps<void> {
  // 0 not seen, 1 on this path, 2 known to lead to a root.
  const seen = new Uint8Array(count);
  const path = new Int32Array(count);
  yield* over(count, (from, to) => {
    for (let start = from; start < to; start++) {
      let length = 0;
      let at = start;
      while (at >= 0 && seen[at] === 0) {
        seen[at] = 1;
        path[length++] = at;
        at = parent[at] as number;
      }
      if (at >= 0 && seen[at] === 1) {
        cyclic[at] = 1;
        parent[at] = ROOT;
      }
      while (length > 0) seen[path[--length] as number] = 2;
    }
  });
}

/** Fills `childrenFrom` and `children`: as spans are in the order of time, so are the children of each. */
function* listChildren({ count, parent, childrenFrom, children }: TraceTree): Steps<void> {
  const next = new Int32Array(count + 1);
  yield* over(count, (from, to) => {
    for (let span = from; span < to; span++) {
      const above = parent[span] as number;
      if (above >= 0) next[above + 1] = (next[above + 1] as number) + 1;
    }
  });
  for (let span = 0; span < count; span++) next[span + 1] = (next[span + 1] as number) + (next[span] as number);
  childrenFrom.set(next);
  yield* over(count, (from, to) => {
    for (let span = from; span < to; span++) {
      const above = parent[span] as number;
      if (above < 0) continue;
      const at = next[above] as number;
      children[at] = span;
      next[above] = at + 1;
    }
  });
}
