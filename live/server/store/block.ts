/**
 * A block: up to a few thousand rows of one signal and one service, as columns, with all they refer to. Nothing outside points into it, so that
 * dropping it frees everything it held.
 */
import { AttributeSets, type PackedSets, type SetsMark } from './attribute-sets.ts';
import { type ColumnSpec, type LOG_COLUMNS, type POINT_COLUMNS, type SPAN_COLUMNS, widthOf } from './columns.ts';
import { Dictionary, type DictionaryMark, type PackedDictionary } from './dictionary.ts';

export type SpanBlock = Block<typeof SPAN_COLUMNS>;
export type LogBlock = Block<typeof LOG_COLUMNS>;
export type PointBlock = Block<typeof POINT_COLUMNS>;

interface Mark {
  rows: number;
  dictionary: DictionaryMark;
  sets: SetsMark;
}

/** Guesses of a first block's needs per row, and the most that a later one takes at once after what the block before came to. */
const FIRST_GUESS = { strings: 2, stringBytes: 48, sets: 1, pairs: 8 };
const LARGEST_GUESS = { strings: 16, stringBytes: 512, sets: 1, pairs: 32 };

export interface BlockShape {
  capacity: number;
  strings: number;
  stringBytes: number;
  sets: number;
  pairs: number;
}

export function firstShape(capacity: number): BlockShape {
  return {
    capacity,
    strings: capacity * FIRST_GUESS.strings,
    stringBytes: capacity * FIRST_GUESS.stringBytes,
    sets: capacity * FIRST_GUESS.sets,
    pairs: capacity * FIRST_GUESS.pairs,
  };
}

/** Rows up to `to` that came under one key, from where the run before ends. */
export interface Run {
  key: string;
  to: number;
}

/** A block's committed rows as plain data: columns one after the other, in the order of their specification. */
export interface PackedBlock {
  service: string;
  rows: number;
  runs: Run[];
  words: Uint32Array;
  dictionary: PackedDictionary;
  sets: PackedSets;
}

interface BlockParts<C extends ColumnSpec> {
  service: string;
  capacity: number;
  createdMs: number;
  columns: { readonly [K in keyof C]: Uint32Array };
  dictionary: Dictionary;
  sets: AttributeSets;
}

/** The same with arrays of its own, so that it keeps nothing else alive. */
export function owned({ words, dictionary, sets, ...rest }: PackedBlock): PackedBlock {
  return {
    ...rest,
    words: words.slice(),
    dictionary: { starts: dictionary.starts.slice(), heap: dictionary.heap.slice() },
    sets: { starts: sets.starts.slice(), pairs: sets.pairs.slice() },
  };
}

export class Block<C extends ColumnSpec> {
  /** Rows written; those from `committed` on belong to the batch that is being decoded. */
  rows = 0;
  committed = 0;
  /** Nothing more is written: it is only read. */
  private sealed = false;
  /** The bytes that its ring has counted it with. */
  weighed = 0;
  readonly capacity: number;
  readonly columns: { readonly [K in keyof C]: Uint32Array };
  readonly dictionary: Dictionary;
  readonly sets: AttributeSets;
  /** Whose the committed rows are, in their order: what the ledger moves when rows are dropped. */
  readonly runs: Run[] = [];
  readonly service: string;
  readonly createdMs: number;
  private readonly columnBytes: number;

  private constructor({ service, capacity, createdMs, columns, dictionary, sets }: BlockParts<C>) {
    this.service = service;
    this.capacity = capacity;
    this.createdMs = createdMs;
    this.columns = columns;
    this.dictionary = dictionary;
    this.sets = sets;
    this.columnBytes = Object.values<Uint32Array>(columns).reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  static empty<C extends ColumnSpec>(spec: C, service: string, shape: BlockShape, createdMs: number): Block<C> {
    const columns = Object.entries(spec).map(([name, words]) => [name, new Uint32Array(words * shape.capacity)] as const);
    return new Block<C>({
      service,
      capacity: shape.capacity,
      createdMs,
      columns: Object.fromEntries(columns) as BlockParts<C>['columns'],
      dictionary: new Dictionary(shape.strings, shape.stringBytes),
      sets: new AttributeSets(shape.sets, shape.pairs),
    });
  }

  /** A block to read from; it shares the arrays. */
  static unpack<C extends ColumnSpec>(
    spec: C,
    { service, rows, runs, words, dictionary, sets }: PackedBlock,
    createdMs: number,
  ): Block<C> {
    let at = 0;
    const columns = Object.entries(spec).map(([name, width]) => {
      const from = at;
      at += width * rows;
      return [name, words.subarray(from, at)] as const;
    });
    const block = new Block<C>({
      service,
      capacity: rows,
      createdMs,
      columns: Object.fromEntries(columns) as BlockParts<C>['columns'],
      dictionary: Dictionary.unpack(dictionary),
      sets: AttributeSets.unpack(sets),
    });
    block.rows = block.committed = rows;
    block.sealed = true;
    block.runs.push(...runs);
    return block;
  }

  pack(): PackedBlock {
    const { service, committed: rows, runs } = this;
    const used = Object.values<Uint32Array>(this.columns).map((column) =>
      column.subarray(0, widthOf(column, this.capacity) * rows),
    );
    const words = new Uint32Array(used.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const column of used) {
      words.set(column, at);
      at += column.length;
    }
    return { service, rows, runs, words, dictionary: this.dictionary.pack(), sets: this.sets.pack() };
  }

  /** Whether the next row belongs in a block of its own. */
  get isFull(): boolean {
    return this.rows === this.capacity || this.sealed || this.dictionary.isLarge;
  }

  /** Makes what was written visible, as `key`'s. */
  commit(key: string): void {
    const last = this.runs.at(-1);
    if (last?.key === key) last.to = this.rows;
    else this.runs.push({ key, to: this.rows });
    this.committed = this.rows;
  }

  /**
   * Takes out rows from `from` on; those after them move up.
   * @param next the first row of [from, to) to take out, `to` where there is none; it is asked once of each row
   */
  takeOut(from: number, next: (from: number, to: number) => number): void {
    const { rows } = this;
    let gone = next(from, rows);
    if (gone === rows) return;
    let into = gone;
    const ends = this.runs.map(({ to }) => to);
    while (gone < rows) {
      for (const [i, end] of ends.entries()) if (end > gone) (this.runs[i] as Run).to--;
      const stays = gone + 1;
      gone = next(stays, rows);
      this.move(stays, gone, into);
      into += gone - stays;
    }
    this.clear(into);
    this.committed = Math.min(this.committed, into);
  }

  /** How many of rows [from, committed) came under which key, run by run. */
  *shares(from = 0): Generator<{ key: string; from: number; to: number }> {
    let at = 0;
    for (const { key, to } of this.runs) {
      if (to > from) yield { key, from: Math.max(at, from), to };
      at = to;
    }
  }

  /** What it holds in memory, with the room kept for more. */
  get bytes(): number {
    return this.columnBytes + this.dictionary.bytes + this.sets.bytes;
  }

  mark(): Mark {
    return { rows: this.rows, dictionary: this.dictionary.mark(), sets: this.sets.mark() };
  }

  /** Back to the mark, as if nothing had been written since: rows that are not used are zero throughout. */
  rewind(mark: Mark): void {
    this.clear(mark.rows);
    this.dictionary.rewind(mark.dictionary);
    this.sets.rewind(mark.sets);
  }

  /** Rows from `rows` on are no more. */
  private clear(rows: number): void {
    for (const column of Object.values<Uint32Array>(this.columns)) column.fill(0, widthOf(column, this.capacity) * rows);
    this.rows = rows;
  }

  private move(from: number, to: number, into: number): void {
    for (const column of Object.values<Uint32Array>(this.columns)) {
      const width = widthOf(column, this.capacity);
      column.copyWithin(into * width, from * width, to * width);
    }
  }

  /** Nothing more will be written. */
  seal(): void {
    this.sealed = true;
    this.dictionary.seal();
    this.sets.seal();
  }

  /** The shape for the next block of this service, from what this one came to. */
  nextShape(capacity: number): BlockShape {
    const dictionary = this.dictionary.mark();
    const sets = this.sets.mark();
    const scale = 1.05 / Math.max(1, this.rows);
    const guess = (used: number, largest: number): number => Math.ceil(Math.min(used * scale, largest) * capacity) + 16;
    return {
      capacity,
      strings: guess(dictionary.count, LARGEST_GUESS.strings),
      stringBytes: guess(dictionary.used, LARGEST_GUESS.stringBytes),
      sets: guess(sets.count, LARGEST_GUESS.sets),
      pairs: guess(sets.used / 2, LARGEST_GUESS.pairs),
    };
  }
}

export type BlockMark = Mark;
