/**
 * Whole attribute sets of one block, each stored once: set 0 is the empty one. A set is a run of (key, value) pairs: key is an id of the block's
 * dictionary, value a ref whose two lowest bits say what the rest is.
 */
import { grow, MAX_PROBES, tableOf } from './grow.ts';

/** value >> 2 is a dictionary id: the string itself. */
export const STRING = 0;
/** value >> 2 is an integer from 0 to 2^28 - 1. */
export const SMALL_INT = 1;
/** value >> 2 is a dictionary id: the bytes of the AnyValue (other numbers, arrays, maps, bytes). */
export const RAW = 2;
/** FALSE, TRUE or NO_VALUE. */
export const CONSTANT = 3;
export const FALSE = (0 << 2) | CONSTANT;
export const TRUE = (1 << 2) | CONSTANT;
export const NO_VALUE = (2 << 2) | CONSTANT;

/** Keys from here on are no ids: what a resource or scope says besides its attributes. (Below 2^31, which is as far as V8's small integers go.) */
const NO_IDS = 2 ** 30;
/** RAW bytes: its other fields, as they came. */
export const FIELDS = NO_IDS;
export const SCHEMA_URL = NO_IDS + 1;
export const SCOPE_NAME = NO_IDS + 2;
export const SCOPE_VERSION = NO_IDS + 3;

/** Whether a key is that of an attribute. */
export const isAttribute = (key: number): boolean => key < NO_IDS;

/** What is there, and the lengths of the arrays that hold it. */
export interface SetsMark {
  count: number;
  used: number;
  pairs: number;
  starts: number;
  table: number;
}

/** Sets as two arrays, to be sent: set i is pairs[starts[i] .. starts[i + 1]]. */
export interface PackedSets {
  starts: Uint32Array;
  pairs: Uint32Array;
}

export class AttributeSets {
  count = 0;
  private used = 0;
  private open = 0;
  /** Where the set that was ended last begins and ends: items of one kind tend to have the same keys in the same order. */
  private last = 0;
  private lastEnd = 0;
  private pairs: Uint32Array;
  /** Set i is pairs[starts[i] .. starts[i + 1]]. */
  private starts: Uint32Array;
  private table: Uint32Array;

  constructor(sets: number, pairs: number) {
    this.pairs = new Uint32Array(pairs * 2);
    this.starts = new Uint32Array(sets + 2);
    this.table = new Uint32Array(2 ** Math.ceil(Math.log2((sets + 1) * 2)));
    this.begin();
    this.end();
  }

  /** Sets to read from. */
  static unpack({ starts, pairs }: PackedSets): AttributeSets {
    const sets = new AttributeSets(0, 0);
    sets.count = starts.length - 1;
    sets.used = pairs.length;
    sets.starts = starts;
    sets.pairs = pairs;
    return sets;
  }

  /** What is there, as views: valid until the next write. */
  pack(): PackedSets {
    return { starts: this.starts.subarray(0, this.count + 1), pairs: this.pairs.subarray(0, this.used) };
  }

  get bytes(): number {
    return this.pairs.byteLength + this.starts.byteLength + this.table.byteLength;
  }

  /** Begins a set; one that was begun and never ended is forgotten. */
  begin(): void {
    this.open = this.used;
  }

  /** The key that the last set has where the next pair goes; -1 where it has none. */
  guessKey(): number {
    const at = this.last + this.open - this.used;
    const key = at < this.lastEnd ? (this.pairs[at] as number) : -1;
    return isAttribute(key) ? key : -1;
  }

  /** The value that the last set has there; NO_VALUE where it has none. */
  guessValue(): number {
    const at = this.last + this.open - this.used + 1;
    return at < this.lastEnd ? (this.pairs[at] as number) : NO_VALUE;
  }

  push(key: number, value: number): void {
    if (this.open + 2 > this.pairs.length) this.pairs = grow(this.pairs, this.open + 2);
    this.pairs[this.open++] = key;
    this.pairs[this.open++] = value;
  }

  /** Ends the set and returns its id: that of an equal one where there is one. */
  end(): number {
    if (this.count * 2 >= this.table.length) this.rehash(this.table.length * 2);
    const table = this.table;
    const mask = table.length - 1;
    let slot = hashPairs(this.pairs, this.used, this.open) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const id = (table[slot] as number) - 1;
      if (id < 0) {
        table[slot] = this.count + 1;
        break;
      }
      if (this.equalsOpen(id)) {
        this.remember(id);
        return id;
      }
      slot = (slot + 1) & mask;
    }
    if (this.count + 2 > this.starts.length) this.starts = grow(this.starts, this.count + 2);
    this.used = this.open;
    this.starts[++this.count] = this.used;
    this.remember(this.count - 1);
    return this.count - 1;
  }

  /** How many pairs a set has. */
  size(id: number): number {
    return ((this.starts[id + 1] as number) - (this.starts[id] as number)) >>> 1;
  }

  keyAt(id: number, index: number): number {
    return this.pairs[(this.starts[id] as number) + index * 2] as number;
  }

  valueAt(id: number, index: number): number {
    return this.pairs[(this.starts[id] as number) + index * 2 + 1] as number;
  }

  mark(): SetsMark {
    return { count: this.count, used: this.used, pairs: this.pairs.length, starts: this.starts.length, table: this.table.length };
  }

  /** Forgets whatever came after the mark, and the room that was made for it. */
  rewind(mark: SetsMark): void {
    const known = this.count === mark.count && this.table.length === mark.table;
    this.count = mark.count;
    this.used = mark.used;
    if (this.pairs.length !== mark.pairs) this.pairs = this.pairs.slice(0, mark.pairs);
    if (this.starts.length !== mark.starts) this.starts = this.starts.slice(0, mark.starts);
    this.remember(0);
    if (!known) this.rehash(mark.table);
  }

  trim(): void {
    if (this.pairs.length > this.used * 1.1) this.pairs = this.pairs.slice(0, Math.max(this.used, 16));
    if (this.starts.length > this.count * 1.1 + 2) this.starts = this.starts.slice(0, this.count + 1);
  }

  /** Forgets how to find equal sets: a sealed block is only read. */
  seal(): void {
    this.trim();
    this.table = new Uint32Array(0);
  }

  private remember(id: number): void {
    this.last = this.starts[id] as number;
    this.lastEnd = this.starts[id + 1] as number;
  }

  private equalsOpen(id: number): boolean {
    let at = this.starts[id] as number;
    if ((this.starts[id + 1] as number) - at !== this.open - this.used) return false;
    for (let i = this.used; i < this.open; i++) if (this.pairs[at++] !== this.pairs[i]) return false;
    return true;
  }

  private rehash(size: number): void {
    this.table = tableOf(size, this.count, (id) =>
      hashPairs(this.pairs, this.starts[id] as number, this.starts[id + 1] as number),
    );
  }
}

function hashPairs(pairs: Uint32Array, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i++) {
    h = Math.imul(h ^ (pairs[i] as number), 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h >>> 0;
}
