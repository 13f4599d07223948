/**
 * The spans that came last, to know one that comes again: exporters and queues deliver at least once. What is the same in both deliveries is compared,
 * not a hash of it, so that no span is ever taken for another; a span that came longer ago than the window reaches is new again.
 *
 * The last `window` spans stand in a ring of entries; a table leads to the newest entry of each hash, and each entry to the one before it of its hash.
 * Nearly all spans are new: two small filters of bits say so, each for half a window, and then nothing of that is read but what is written anyway.
 */
import type { SPAN_COLUMNS } from './columns.ts';

type Columns = { readonly [K in keyof typeof SPAN_COLUMNS]: Uint32Array };

/** Trace id, span id, a mix of times, kind and status (a later version of a span is not the same, nor two that share an id), and the entry before. */
const WORDS = 8;
const MIX = 6;
const BEFORE = 7;
/** An entry, its slot in the table and its bits in the filters. */
const ENTRY_BYTES = WORDS * 4 + 8 + 1;
const SMALLEST_WINDOW = 1024;
/** Entries of one hash that are looked at: ids made to collide cost no more. */
const MOST_STEPS = 16;

export class RecentSpans {
  /** How many spans it knows. */
  readonly window: number;
  readonly bytes: number;
  private readonly entries: Uint32Array;
  /** Number of the newest span of each hash; 0 for none. */
  private readonly table: Uint32Array;
  private filter: Uint32Array;
  private filterBefore: Uint32Array;
  /** Spans are numbered from 1 on; after 2^31 of them all is forgotten. */
  private next = 1;

  /** @param bytes that it may take; it takes half of them at least */
  constructor(bytes: number) {
    this.window = 2 ** Math.min(24, Math.floor(Math.log2(Math.max(SMALLEST_WINDOW, bytes / ENTRY_BYTES))));
    this.bytes = this.window * ENTRY_BYTES;
    this.entries = new Uint32Array(this.window * WORDS);
    this.table = new Uint32Array(this.window * 2);
    this.filter = new Uint32Array(this.window / 8);
    this.filterBefore = new Uint32Array(this.window / 8);
  }

  /** The first of rows [from, to) that came before; `to` where none did. The rows before it are known from now on. */
  nextKnown(columns: Columns, from: number, to: number): number {
    const { trace, span, start, end, meta } = columns;
    const { entries, table, window } = this;
    const inEntries = window - 1;
    const inTable = table.length - 1;
    const inFilter = this.filter.length - 1;
    for (let row = from; row < to; row++) {
      const span0 = span[row * 2] as number;
      const span1 = span[row * 2 + 1] as number;
      const mix = (start[row * 2] as number) ^ Math.imul(end[row * 2] as number, 0x85ebca6b) ^ (meta[row] as number);
      // Each part by a factor of its own: some senders make a span's id from its trace's.
      let hash = Math.imul(span0 ^ Math.imul(trace[row * 4] as number, 0xc2b2ae35), 0x9e3779b1) ^ span1;
      hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
      hash ^= hash >>> 13;
      const bits = (1 << hash) | (1 << (hash >>> 5)) | (1 << (hash >>> 10));
      const word = Math.imul(hash, 0xc2b2ae35) >>> 8;
      const slot = hash & inTable;
      const may = (this.filter[word & inFilter] as number) & bits;
      const mayBefore = (this.filterBefore[word & inFilter] as number) & bits;
      if ((may === bits || mayBefore === bits) && this.isKnown(columns, row, mix | 0, table[slot] as number)) return row;
      if ((this.next & (window / 2 - 1)) === 0) this.turn();
      this.filter[word & inFilter] = (this.filter[word & inFilter] as number) | bits;
      const at = (this.next & inEntries) * WORDS;
      entries[at] = trace[row * 4] as number;
      entries[at + 1] = trace[row * 4 + 1] as number;
      entries[at + 2] = trace[row * 4 + 2] as number;
      entries[at + 3] = trace[row * 4 + 3] as number;
      entries[at + 4] = span0;
      entries[at + 5] = span1;
      entries[at + MIX] = mix;
      entries[at + BEFORE] = table[slot] as number;
      table[slot] = this.next++;
    }
    return to;
  }

  /** Whether the row's span is among the entries that `number` leads to. */
  private isKnown({ trace, span }: Columns, row: number, mix: number, number: number): boolean {
    const { entries, window, next } = this;
    let step = number;
    for (let steps = 0; step > 0 && next - step < window && steps < MOST_STEPS; steps++) {
      const at = (step & (window - 1)) * WORDS;
      if (
        entries[at + 4] === span[row * 2] &&
        entries[at + 5] === span[row * 2 + 1] &&
        entries[at] === trace[row * 4] &&
        entries[at + 1] === trace[row * 4 + 1] &&
        entries[at + 2] === trace[row * 4 + 2] &&
        entries[at + 3] === trace[row * 4 + 3] &&
        ((entries[at + MIX] as number) | 0) === mix
      )
        return true;
      step = entries[at + BEFORE] as number;
    }
    return false;
  }

  /** Half a window is full: the older filter begins anew. */
  private turn(): void {
    [this.filter, this.filterBefore] = [this.filterBefore, this.filter];
    this.filter.fill(0);
    if (this.next < 2 ** 30) return;
    // Numbers stay small integers.
    this.next = 1;
    this.table.fill(0);
    this.filterBefore.fill(0);
  }
}
