/**
 * Work over very many rows in steps, so that it need not hold up everything else in the process: frames, requests, data that arrives. The work itself
 * is plain and says only where it may pause; whoever starts it chooses whether it does.
 */
import { Turns } from './turns.ts';

/** Work that may pause wherever it yields; it returns its result. */
export type Steps<T> = Generator<undefined, T>;

/** Rows of one step: a millisecond or two of what is done here with a row. */
const ROWS_PER_STEP = 8_192;

/** For how long a slice may hold the event loop: half of a frame at 60 Hz. */
const SLICE_MS = 8;

/** Calls `step` for one part of [0, count) after the other. @param rows of one step: fewer where what is done with each costs more */
export function* over(count: number, step: (from: number, to: number) => void, rows = ROWS_PER_STEP): Steps<void> {
  for (let from = 0; from < count; from += rows) {
    step(from, Math.min(count, from + rows));
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

/** There is one event loop in a process, and so one order of turns. */
const turns = new Turns();

interface Slicing {
  /** Who waits for it: owners have their slices in turn. */
  owner?: string;
  sliceMs?: number;
  /** Whether nobody waits any more: then it ends where it is. */
  gone?: () => boolean;
}

/** Nobody waits any more for what was being made. */
export class GoneError extends Error {}

/**
 * Runs it in slices, between which the event loop does whatever else is due. What is done within one slice waits for nothing.
 * @throws GoneError
 */
export async function inSlices<T>(steps: Steps<T>, { owner = '', sliceMs = SLICE_MS, gone }: Slicing = {}): Promise<T> {
  for (;;) {
    await turns.take(owner);
    if (gone?.() === true) {
      steps.return(undefined as T);
      throw new GoneError('nobody waits for it any more');
    }
    const began = performance.now();
    do {
      const { done, value } = steps.next();
      if (done === true) return value;
    } while (performance.now() - began < sliceMs);
  }
}
