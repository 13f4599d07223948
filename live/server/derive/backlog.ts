/**
 * Rows of which numbers are still to be made. Few are dealt with as they come; of many at once (a request may have a million) the rest follows in
 * slices, so that nobody waits for it.
 */
import type { ColumnSpec } from '../store/columns.ts';
import type { Committed } from '../store/ring.ts';
import { inSlices, type Steps } from '../store/slices.ts';

/** Rows that are dealt with at once: some ten milliseconds. */
const AT_ONCE = 8_192;
/** Rows of one step. */
const PIECE = 4_096;
/** Rows that may wait: beyond, whoever sends waits for them, since what waits is held in memory. */
const MOST_WAITING = 500_000;
/** Whose the slices are: theirs come in turn with those of the keys. */
const OWNER = '(derive)';

export class Backlog {
  /** What is left of each batch: yields how many rows were dealt with. */
  private readonly batches: Generator<number, void>[] = [];
  private waiting = 0;
  private running = false;

  /** Deals with rows by `handle`: before it returns, or soon. */
  add<C extends ColumnSpec>(committed: readonly Committed<C>[], handle: (one: Committed<C>) => void): void {
    const rows = committed.reduce((sum, { from, to }) => sum + to - from, 0);
    if (rows <= AT_ONCE) {
      for (const one of committed) handle(one);
      return;
    }
    this.batches.push(pieces(committed, handle));
    this.waiting += rows;
    while (this.waiting > MOST_WAITING) this.step();
    if (this.running) return;
    this.running = true;
    inSlices(this.steps(), { owner: OWNER })
      .catch((error: unknown) => console.error('live view: cannot make numbers of what came:', error))
      .finally(() => {
        this.running = false;
      });
  }

  private *steps(): Steps<void> {
    for (; this.batches.length > 0; yield) this.step();
  }

  private step(): void {
    const { done, value } = this.batches[0]?.next() ?? {};
    if (done === true) this.batches.shift();
    this.waiting -= value ?? 0;
  }
}

function* pieces<C extends ColumnSpec>(
  committed: readonly Committed<C>[],
  handle: (one: Committed<C>) => void,
): Generator<number, void> {
  for (const { block, from, to } of committed) {
    for (let at = from; at < to; at += PIECE) {
      const end = Math.min(to, at + PIECE);
      handle({ block, from: at, to: end });
      yield end - at;
    }
  }
}
