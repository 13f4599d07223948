/**
 * Work over very many rows in steps, so that it need not hold up everything else in the process: frames, requests, data that arrives. The work itself
 * is plain and says only where it may pause; whoever starts it chooses whether it does.
 */

/** Work that may pause wherever it yields; it returns its result. */
export type Steps<T> = Generator<undefined, T>;

/** Rows of one step: a millisecond or two of what is done here with a row. */
const ROWS_PER_STEP = 8_192;

/** For how long a slice may hold the event loop: half of a frame at 60 Hz. */
const SLICE_MS = 8;

/** Calls `step` for one part of [0, count) after the other. */
export function* over(count: number, step: (from: number, to: number) => void): Steps<void> {
  for (let from = 0; from < count; from += ROWS_PER_STEP) {
    step(from, Math.min(count, from + ROWS_PER_STEP));
    yield;
  }
}

/** Runs it to its end at one go. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Runs it in slices, between which the event loop does whatever else is due. What is done within one slice waits for nothing. */
export async function inSlices<T>(steps: Steps<T>, sliceMs = SLICE_MS): Promise<T> {
  let began = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - began < sliceMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  }
}
