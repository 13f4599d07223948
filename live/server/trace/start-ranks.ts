/** Which row of a trace began as the how-manieth. */

import type { RowRef } from '../otlp/rows.ts';
import type { SpanBlock } from '../store/block.ts';
import type { Steps } from '../store/slices.ts';
import type { BlockRows } from './tree.ts';

const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;

/**
 * The rank of each row by its start, to the nanosecond, rows of the same start as they are held; and the row that is first. A radix sort: what it
 * costs does not depend on the order, and a digit that all rows have in common, as the high ones of a trace, costs next to nothing.
 */
export function* startRanks(byBlock: readonly BlockRows[]): Steps<{ ranks: Int32Array; earliest: RowRef<SpanBlock> }> {
  const count = byBlock.reduce((sum, { rows }) => sum + rows.length, 0);
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  let order = new Int32Array(count);
  let at = 0;
  for (const { block, rows } of byBlock) {
    const { start } = block.columns;
    for (const row of rows) {
      low[at] = start[row * 2] as number;
      high[at] = start[row * 2 + 1] as number;
      order[at] = at++;
    }
  }
  for (const words of [low, high]) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      yield;
      order = byDigit(order, words, shift);
    }
  }
  const ranks = new Int32Array(count);
  for (let rank = 0; rank < count; rank++) ranks[order[rank] as number] = rank;
  return { ranks, earliest: rowAt(byBlock, order[0] ?? 0) };
}

/** The same indices, sorted by one digit of their words. */
function byDigit(order: Int32Array<ArrayBuffer>, words: Uint32Array, shift: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(DIGITS + 1);
  for (const word of words) {
    const digit = (word >>> shift) & (DIGITS - 1);
    next[digit + 1] = (next[digit + 1] as number) + 1;
  }
  if (next.includes(order.length)) return order;
  for (let digit = 0; digit < DIGITS; digit++) next[digit + 1] = (next[digit + 1] as number) + (next[digit] as number);
  const sorted = new Int32Array(order.length);
  for (const index of order) {
    const digit = ((words[index] as number) >>> shift) & (DIGITS - 1);
    const at = next[digit] as number;
    sorted[at] = index;
    next[digit] = at + 1;
  }
  return sorted;
}

/** @throws RangeError where there is no such row: of a trace without any */
function rowAt(byBlock: readonly BlockRows[], index: number): RowRef<SpanBlock> {
  let before = 0;
  for (const { block, rows } of byBlock) {
    const row = rows[index - before];
    if (row !== undefined) return { block, row };
    before += rows.length;
  }
  throw new RangeError('a tree needs a span');
}
