/** The critical path of a trace: for each moment of its root, the span that was being waited for. */
import type { Steps } from '../store/slices.ts';
import type { TraceTree } from './tree.ts';

/** Stretches of time as columns, in the order of time; nanoseconds after the start of the earliest span. */
export interface Path {
  span: readonly number[];
  from: readonly number[];
  to: readonly number[];
}

interface Frame {
  span: number;
  /** Which of its children are still to be looked at, the one that ended last first. */
  next: number;
  last: number;
  /** What is still to be explained: a child that began before its parent counts from there on. */
  from: number;
  until: number;
}

/** Frames that are entered in one step. */
const FRAMES_PER_STEP = 4_096;

/**
 * From the root's end back: while a child was running, the child counts, the one that ended last before the time that is being explained; what is left
 * is the span's own. The same reading as Jaeger's critical path.
 */
export function* criticalPath(tree: TraceTree, root: number): Steps<Path> {
  const { offset, duration, shift, childrenFrom, children } = tree;
  const startOf = (span: number): number => (offset[span] as number) + (shift[span] as number);
  const endOf = (span: number): number => startOf(span) + (duration[span] as number);
  const path = { span: [] as number[], from: [] as number[], to: [] as number[] };
  const add = (span: number, from: number, to: number): void => {
    path.span.push(span);
    path.from.push(from);
    path.to.push(to);
  };
  // As `children`, but those of the spans that were entered by their ends.
  const byEnd = children.slice();
  const frameOf = (span: number, from: number, until: number): Frame => {
    const [next, last] = [childrenFrom[span] as number, childrenFrom[span + 1] as number];
    if (last - next > 1) byEnd.subarray(next, last).sort((a, b) => endOf(b) - endOf(a));
    return { span, next, last, from, until };
  };
  const stack = [frameOf(root, startOf(root), endOf(root))];
  for (let frame = stack.at(-1), entered = 0; frame !== undefined; frame = stack.at(-1)) {
    if (frame.next === frame.last || frame.until <= frame.from) {
      if (frame.until > frame.from) add(frame.span, frame.from, frame.until);
      stack.pop();
      continue;
    }
    const child = byEnd[frame.next++] as number;
    const start = Math.max(startOf(child), frame.from);
    const end = Math.min(endOf(child), frame.until);
    if (end <= start) continue;
    if (end < frame.until) add(frame.span, end, frame.until);
    frame.until = start;
    stack.push(frameOf(child, start, end));
    if (++entered % FRAMES_PER_STEP === 0) yield;
  }
  return { span: path.span.reverse(), from: path.from.reverse(), to: path.to.reverse() };
}

/** Indices of the `most` longest stretches, in the order of time; of stretches of the same length the first. */
export function longest({ from, to }: Path, most: number): number[] {
  const lengths = new Float64Array(to.length);
  for (let i = 0; i < lengths.length; i++) lengths[i] = (to[i] as number) - (from[i] as number);
  const least = lengths.length > most ? (lengths.toSorted()[lengths.length - most] as number) : 0;
  let ties = most;
  for (const length of lengths) if (length > least) ties--;
  const chosen: number[] = [];
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number;
    if (length > least || (length === least && ties-- > 0)) chosen.push(i);
  }
  return chosen;
}
