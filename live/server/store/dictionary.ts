/**
 * Byte strings of one block, each stored once: ids count from 0. A string is never decoded on its way in.
 *
 * The table is open addressing over a hash of the bytes. Whoever sends strings made to collide gains nothing: after MAX_PROBES slots a string is
 * stored without being entered, so that it costs bytes (which are capped), not time.
 */
import { grow, MAX_PROBES, tableOf } from './grow.ts';
import type { Wire } from './wire.ts';

const decoder = new TextDecoder();

/** What a block's dictionary may come to before the block takes no more rows. */
const LARGE_BYTES = 4 * 2 ** 20;
const LARGE_COUNT = 2 ** 17;
/** Entries longer than this are compared by the machine: a call costs more than comparing fewer. */
const LONG_BYTES = 512;

/** Bytes to take strings from, also as a view: a Wire, so that the code that reads them sees one kind of object. */
export type Source = Pick<Wire, 'bytes' | 'view'>;

/** What is there, and the lengths of the arrays that hold it. */
export interface DictionaryMark {
  count: number;
  used: number;
  heap: number;
  starts: number;
  table: number;
}

/** A dictionary as two arrays, to be sent: entry i is heap[starts[i] .. starts[i + 1]]. */
export interface PackedDictionary {
  starts: Uint32Array;
  heap: Uint8Array;
}

export class Dictionary {
  count = 0;
  private used = 0;
  private heap: Uint8Array;
  private heapView: DataView;
  /** Entry i is heap[starts[i] .. starts[i + 1]]. */
  private starts: Uint32Array;
  /** Slot: id + 1, or 0 where it is free. Its length is a power of two. */
  private table: Uint32Array;

  constructor(entries: number, bytes: number) {
    this.heap = new Uint8Array(bytes);
    this.heapView = new DataView(this.heap.buffer);
    this.starts = new Uint32Array(entries + 1);
    this.table = new Uint32Array(2 ** Math.ceil(Math.log2(entries * 2)));
  }

  /** A dictionary to read from. */
  static unpack({ starts, heap }: PackedDictionary): Dictionary {
    const dictionary = new Dictionary(0, 0);
    dictionary.count = starts.length - 1;
    dictionary.used = heap.length;
    dictionary.starts = starts;
    dictionary.setHeap(heap);
    return dictionary;
  }

  /** What is there, as views: valid until the next write. */
  pack(): PackedDictionary {
    return { starts: this.starts.subarray(0, this.count + 1), heap: this.heap.subarray(0, this.used) };
  }

  get bytes(): number {
    return this.heap.byteLength + this.starts.byteLength + this.table.byteLength;
  }

  /** Whether it has so much that a block of its own should take what comes: then growing, which copies, stays cheap. */
  get isLarge(): boolean {
    return this.used > LARGE_BYTES || this.count > LARGE_COUNT;
  }

  /** The id of source[from .. to], stored now if it is new. */
  intern(source: Source, from: number, to: number): number {
    if (this.count * 2 >= this.table.length) this.rehash(this.table.length * 2);
    const table = this.table;
    const mask = table.length - 1;
    let slot = hash(source.view, from, to) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = (table[slot] as number) - 1;
      if (id < 0) {
        table[slot] = this.count + 1;
        break;
      }
      if (this.equals(id, source, from, to)) return id;
      slot = (slot + 1) & mask;
    }
    return this.append(source, from, to);
  }

  /** As `intern`, but tries the entry `guess` first (-1 for none): no hash where it is the one. */
  internGuess(guess: number, source: Source, from: number, to: number): number {
    return guess >= 0 && this.equals(guess, source, from, to) ? guess : this.intern(source, from, to);
  }

  /** Whether entry `id` is source[from .. to]. */
  equals(id: number, source: Source, from: number, to: number): boolean {
    let at = this.starts[id] as number;
    if ((this.starts[id + 1] as number) - at !== to - from) return false;
    const { heap, heapView } = this;
    const { bytes, view } = source;
    if (to - from > LONG_BYTES) return Buffer.compare(heap.subarray(at, at + to - from), bytes.subarray(from, to)) === 0;
    let i = from;
    for (; i + 4 <= to; i += 4, at += 4) if (heapView.getInt32(at, true) !== view.getInt32(i, true)) return false;
    for (; i < to; i++, at++) if (heap[at] !== bytes[i]) return false;
    return true;
  }

  /** Stores source[from .. to] without looking for its like. */
  append(source: Source, from: number, to: number): number {
    const id = this.begin();
    this.part(source, from, to);
    return id;
  }

  /** Begins an entry of several parts: each `part` until the next entry belongs to it. */
  begin(): number {
    if (this.count + 2 > this.starts.length) this.starts = grow(this.starts, this.count + 2);
    const id = this.count++;
    this.starts[id + 1] = this.used;
    return id;
  }

  /** Adds bytes to the entry begun last. */
  part(source: Source, from: number, to: number): void {
    const length = to - from;
    let at = this.used;
    if (at + length > this.heap.length) this.setHeap(grow(this.heap, at + length));
    const { heap } = this;
    const { bytes } = source;
    if (length > 48) heap.set(bytes.subarray(from, to), at);
    else for (let i = from; i < to; i++) heap[at++] = bytes[i] as number;
    this.used += length;
    this.starts[this.count] = this.used;
  }

  /** The bytes of an entry: a view, valid until the next write. */
  view(id: number): Uint8Array {
    return this.heap.subarray(this.starts[id], this.starts[id + 1]);
  }

  text(id: number): string {
    return decoder.decode(this.view(id));
  }

  /**
   * The id of a string, -1 where it is not held. Fast while rows are written, and then it may miss a string stored past MAX_PROBES: a query asks
   * `idsOf`.
   */
  lookUp(wanted: Source): number {
    const mask = this.table.length - 1;
    if (mask < 0) return this.idsOf(wanted)[0] ?? -1;
    let slot = hash(wanted.view, 0, wanted.bytes.length) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = (this.table[slot] as number) - 1;
      if (id < 0) return -1;
      if (this.equals(id, wanted, 0, wanted.bytes.length)) return id;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** Every id that stands for a string: rarely more than one. */
  idsOf(wanted: Source): number[] {
    const ids: number[] = [];
    for (let id = 0; id < this.count; id++) if (this.equals(id, wanted, 0, wanted.bytes.length)) ids.push(id);
    return ids;
  }

  mark(): DictionaryMark {
    return { count: this.count, used: this.used, heap: this.heap.length, starts: this.starts.length, table: this.table.length };
  }

  /** Forgets whatever came after the mark, and the room that was made for it. */
  rewind(mark: DictionaryMark): void {
    const known = this.count === mark.count && this.table.length === mark.table;
    this.count = mark.count;
    this.used = mark.used;
    if (this.heap.length !== mark.heap) this.setHeap(this.heap.slice(0, mark.heap));
    if (this.starts.length !== mark.starts) this.starts = this.starts.slice(0, mark.starts);
    if (!known) this.rehash(mark.table);
  }

  /** Gives back room that is not used. */
  trim(): void {
    if (this.heap.length > this.used * 1.1) this.setHeap(this.heap.slice(0, Math.max(this.used, 64)));
    if (this.starts.length > this.count * 1.1 + 2) this.starts = this.starts.slice(0, this.count + 1);
  }

  /** Forgets how to find entries by their bytes: a sealed block is only read. */
  seal(): void {
    this.trim();
    this.table = new Uint32Array(0);
  }

  private setHeap(heap: Uint8Array): void {
    this.heap = heap;
    this.heapView = new DataView(heap.buffer, heap.byteOffset, heap.byteLength);
  }

  private rehash(size: number): void {
    this.table = tableOf(size, this.count, (id) => hash(this.heapView, this.starts[id] as number, this.starts[id + 1] as number));
  }
}

/** FNV-1a over words of four bytes, with a final mix. Of more than 64 bytes it takes 16 words spread over them. */
export function hash(source: DataView, from: number, to: number): number {
  const length = to - from;
  let h = 0x811c9dc5 ^ length;
  const step = length > 64 ? (length - 4) >>> 4 : 4;
  let i = from;
  for (; i + 4 <= to; i += step) {
    h = Math.imul(h ^ source.getInt32(i, true), 0x01000193);
    h ^= h >>> 15;
  }
  for (; i < to; i++) h = Math.imul(h ^ source.getUint8(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
