/** The time that spans spent on their own. */
import { over, type Steps } from '../store/slices.ts';
import type { TraceTree } from './tree.ts';

/** By service, in nanoseconds: each span's time less the time that its children cover. */
export function* selfTimes(tree: TraceTree): Steps<Float64Array> {
  const { count, services, service, duration, offset, shift, childrenFrom, children } = tree;
  const own = new Float64Array(services.length);
  const startOf = (span: number): number => (offset[span] as number) + (shift[span] as number);
  const inOrder = byStart(children, startOf);
  yield* over(count, (first, last) => {
    for (let span = first; span < last; span++) {
      const start = startOf(span);
      const end = start + (duration[span] as number);
      let covered = 0;
      let reached = start;
      for (const child of inOrder(childrenFrom[span] as number, childrenFrom[span + 1] as number)) {
        const from = Math.max(reached, startOf(child));
        const to = Math.min(end, startOf(child) + (duration[child] as number));
        covered += Math.max(0, to - from);
        reached = Math.max(reached, to);
      }
      const of = service[span] as number;
      own[of] = (own[of] as number) + (duration[span] as number) - covered;
    }
  });
  return own;
}

/** Siblings by the start that they are shown with: they are in that order already, unless their clocks were corrected. */
function byStart(children: Int32Array, startOf: (span: number) => number): (from: number, to: number) => Int32Array {
  return (from, to) => {
    const siblings = children.subarray(from, to);
    const sorted = siblings.every((span, i) => i === 0 || startOf(siblings[i - 1] as number) <= startOf(span));
    return sorted ? siblings : siblings.toSorted((a, b) => startOf(a) - startOf(b));
  };
}
