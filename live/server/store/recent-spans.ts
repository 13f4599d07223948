/**
 * The spans that came last, to know one that comes again: exporters and queues deliver at least once. What is the same in both deliveries is compared,
 * not a hash of it, so that no span is ever taken for another; a span that came longer ago than the window reaches is new again.
 *
 * The last `window` spans stand in a ring of entries. Their hashes are spread over lines of 64 bytes, of which one is read and written for each span: that is
 * what a processor fetches at once, and fetching is what this costs. A line has two small filters of bits, each for half a window, that tell nearly all new spans
 * from those that may be known, and the newest entry of each of its eight lists; each entry leads to the one before it.
 */
import type { SPAN_COLUMNS } from './columns.ts';

type Columns = { readonly [K in keyof typeof SPAN_COLUMNS]: Uint32Array };

/** Trace id, span id, a mix of times, kind and status (a later version of a span is not the same, nor two that share an id), and the entry before. */
const WORDS = 8;
const MIX = 6;
const BEFORE = 7;
/** Words of a line: filters of the half window that is being filled and of the one before, in turns, then the lists' newest entries. */
const LINE_WORDS = 16;
const FILTER_WORDS = 4;
const LISTS = 8;
/** Of the last `window` spans, so many share a line. */
const SPANS_A_LINE = 16;
/** An entry and its part of a line. */
const ENTRY_BYTES = WORDS * 4 + (LINE_WORDS * 4) / SPANS_A_LINE;
const SMALLEST_WINDOW = 1024;
/** Entries of one list that are looked at: ids made to collide cost no more. */
const MOST_STEPS = 16;

export class RecentSpans {
  /** How many spans it knows. */
  readonly window: number;
  readonly bytes: number;
  private readonly entries: Uint32Array;
  /** In a list: the number of its newest span; 0 for none. */
  private readonly lines: Int32Array;
  /** Where in a line the filter is that is being filled: 0 or FILTER_WORDS. */
  private filling = 0;
  /** Spans are numbered from 1 on; after 2^31 of them all is forgotten. */
  private next = 1;

  /** @param bytes that it may take; it takes half of them at least */
  constructor(bytes: number) {
    this.window = 2 ** Math.min(24, Math.floor(Math.log2(Math.max(SMALLEST_WINDOW, bytes / ENTRY_BYTES))));
    this.bytes = this.window * ENTRY_BYTES;
    this.entries = new Uint32Array(this.window * WORDS);
    this.lines = new Int32Array((this.window / SPANS_A_LINE) * LINE_WORDS);
  }

  /** The first of rows [from, to) that came before; `to` where none did. The rows before it are known from now on. */
  nextKnown(columns: Columns, from: number, to: number): number {
    const { trace, span, start, end, meta } = columns;
    const { entries, lines, window } = this;
    const inEntries = window - 1;
    const inLines = window / SPANS_A_LINE - 1;
    for (let row = from; row < to; row++) {
      const span0 = span[row * 2] as number;
      const span1 = span[row * 2 + 1] as number;
      const mix = (start[row * 2] as number) ^ Math.imul(end[row * 2] as number, 0x85ebca6b) ^ (meta[row] as number);
      // Each part by a factor of its own: some senders make a span's id from its trace's.
      let hash = Math.imul(span0 ^ Math.imul(trace[row * 4] as number, 0xc2b2ae35), 0x9e3779b1) ^ span1;
      hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
      hash ^= hash >>> 13;
      const line = (hash & inLines) * LINE_WORDS;
      // Of a line's spans the lower bits are the same: what tells them apart is above.
      hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
      const bits = (1 << (hash >>> 27)) | (1 << (hash >>> 22)) | (1 << (hash >>> 17));
      const list = line + 2 * FILTER_WORDS + ((hash >>> 14) & (LISTS - 1));
      const filter = line + ((hash >>> 12) & (FILTER_WORDS - 1));
      const may = (lines[filter] as number) & bits;
      const mayToo = (lines[filter + FILTER_WORDS] as number) & bits;
      if ((may === bits || mayToo === bits) && this.isKnown(columns, row, mix | 0, lines[list] as number)) return row;
      if ((this.next & (window / 2 - 1)) === 0) this.turn();
      lines[filter + this.filling] = (lines[filter + this.filling] as number) | bits;
      const at = (this.next & inEntries) * WORDS;
      entries[at] = trace[row * 4] as number;
      entries[at + 1] = trace[row * 4 + 1] as number;
      entries[at + 2] = trace[row * 4 + 2] as number;
      entries[at + 3] = trace[row * 4 + 3] as number;
      entries[at + 4] = span0;
      entries[at + 5] = span1;
      entries[at + MIX] = mix;
      entries[at + BEFORE] = lines[list] as number;
      lines[list] = this.next++;
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
    const { lines } = this;
    this.filling = FILTER_WORDS - this.filling;
    for (let line = 0; line < lines.length; line += LINE_WORDS)
      lines.fill(0, line + this.filling, line + this.filling + FILTER_WORDS);
    if (this.next < 2 ** 30) return;
    // Numbers stay small integers.
    this.next = 1;
    lines.fill(0);
  }
}
