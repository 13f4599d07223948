/**
 * A block: up to a few thousand rows of one signal and one service, as columns, with all they refer to. Nothing outside points into it, so that
 * dropping it frees everything it held.
 */
import { AttributeSets, type SetsMark } from './attribute-sets.ts';
import { Dictionary, type DictionaryMark } from './dictionary.ts';

/** Columns by name: 32-bit words per row. */
export type ColumnSpec = Record<string, number>;

/** Ids are big as they came; times are two words, low first; `name` and `severityText` are dictionary ids; sets are ids of `sets`. */
export const SPAN_COLUMNS = {
  trace: 4,
  span: 2,
  parent: 2,
  start: 2,
  end: 2,
  name: 1,
  /** kind | status code << 4 */
  meta: 1,
  resource: 1,
  scope: 1,
  attributes: 1,
  /** Dictionary id + 1 of the fields that have no column (events, links, status message, ...) as they came; 0 for none. */
  rest: 1,
} as const satisfies ColumnSpec;

export const LOG_COLUMNS = {
  trace: 4,
  span: 2,
  time: 2,
  observed: 2,
  severity: 1,
  severityText: 1,
  /** A value ref, as in attribute sets. */
  body: 1,
  resource: 1,
  scope: 1,
  attributes: 1,
  rest: 1,
} as const satisfies ColumnSpec;

export const POINT_COLUMNS = {
  time: 2,
  start: 2,
  /** The double or integer of a number point; unused for the others. */
  value: 2,
  /** What `value` and `rest` are: see POINT_KINDS. */
  kind: 1,
  /** The set that describes the metric. */
  metric: 1,
  resource: 1,
  scope: 1,
  attributes: 1,
  /** The whole point of a histogram or summary; exemplars and flags of a number point. */
  rest: 1,
} as const satisfies ColumnSpec;

/** Index = `kind` of a point row. */
export const POINT_KINDS = ['none', 'double', 'int', 'histogram', 'exponentialHistogram', 'summary'] as const;

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

export class Block<C extends ColumnSpec> {
  /** Rows written; those from `committed` on belong to the batch that is being decoded. */
  rows = 0;
  committed = 0;
  /** The bytes that its ring has counted it with. */
  weighed = 0;
  readonly capacity: number;
  readonly columns: { readonly [K in keyof C]: Uint32Array };
  readonly dictionary: Dictionary;
  readonly sets: AttributeSets;
  /** Committed rows by key: what the ledger moves when the block is dropped. */
  readonly rowsByKey = new Map<string, number>();
  readonly service: string;
  readonly createdMs: number;
  private readonly columnBytes: number;

  constructor(spec: C, service: string, shape: BlockShape, createdMs: number) {
    this.capacity = shape.capacity;
    this.service = service;
    this.createdMs = createdMs;
    this.dictionary = new Dictionary(shape.strings, shape.stringBytes);
    this.sets = new AttributeSets(shape.sets, shape.pairs);
    const columns = Object.entries(spec).map(([name, words]) => [name, new Uint32Array(words * shape.capacity)] as const);
    this.columns = Object.fromEntries(columns) as { [K in keyof C]: Uint32Array };
    this.columnBytes = columns.reduce((sum, [, array]) => sum + array.byteLength, 0);
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
    for (const column of Object.values<Uint32Array>(this.columns)) column.fill(0, (column.length / this.capacity) * mark.rows);
    this.rows = mark.rows;
    this.dictionary.rewind(mark.dictionary);
    this.sets.rewind(mark.sets);
  }

  /** Nothing more will be written. */
  seal(): void {
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
