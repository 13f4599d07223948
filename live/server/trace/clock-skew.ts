/** Clocks that disagree: where a trace's spans are to be shown. */
import { over, type Steps } from '../store/slices.ts';
import type { TraceTree } from './tree.ts';

const SERVER = 2;
const CLIENT = 3;

/**
 * A server ends its span once its response is closed, which its caller may have read before: on one machine with one clock half of the servers' spans ended after
 * their callers', by 0.7 ms in the middle and 7.4 at most. What is less than this says nothing of clocks.
 */
const LATE_NANOS = 10e6;

/**
 * Spans of another service that do not fit into their parent's time had another clock: each is moved to the middle of its parent, as Jaeger's
 * clock skew adjuster does, and what belongs to the same service below it goes along.
 */
export function* correctSkew(tree: TraceTree): Steps<void> {
  const { count, parent, service, kind, offset, duration, shift } = tree;
  const order = yield* topDown(tree);
  yield* over(count, (from, to) => {
    for (let at = from; at < to; at++) {
      const child = order[at] as number;
      const above = parent[child] as number;
      if (above < 0) continue;
      if (service[child] === service[above]) {
        shift[child] = shift[above] as number;
        continue;
      }
      const start = (offset[above] as number) + (shift[above] as number);
      const [room, took, came] = [duration[above] as number, duration[child] as number, offset[child] as number];
      const early = came < start;
      const late = kind[above] === CLIENT && kind[child] === SERVER && came + took > start + room + LATE_NANOS;
      if (early || late) shift[child] = start + Math.max(0, room - took) / 2 - came;
    }
  });
}

/** Indices, each parent before its children. */
function* topDown({ count, parent, childrenFrom, children }: TraceTree): Steps<Int32Array> {
  const order = new Int32Array(count);
  let placed = 0;
  for (let i = 0; i < count; i++) if ((parent[i] as number) < 0) order[placed++] = i;
  yield* over(count, (from, to) => {
    for (let at = from; at < to; at++) {
      const above = order[at] as number;
      const end = childrenFrom[above + 1] as number;
      for (let i = childrenFrom[above] as number; i < end; i++) order[placed++] = children[i] as number;
    }
  });
  return order;
}
