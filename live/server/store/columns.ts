/** What a row of each signal is. */

/** Columns by name: 32-bit words per row. */
export type ColumnSpec = Record<string, number>;

/** Words per row of a column that has room for `capacity` rows. */
export const widthOf = (column: Uint32Array, capacity: number): number => column.length / capacity;

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

/** What the ids in a column refer to, by the column's name; a column that is not here holds plain words. */
export const REFERENCES: Readonly<Record<string, 'text' | 'value' | 'set' | 'rest' | undefined>> = {
  name: 'text',
  severityText: 'text',
  body: 'value',
  metric: 'set',
  resource: 'set',
  scope: 'set',
  attributes: 'set',
  rest: 'rest',
};

/** Index = `kind` of a point row. */
export const POINT_KINDS = ['none', 'double', 'int', 'histogram', 'exponentialHistogram', 'summary'] as const;
