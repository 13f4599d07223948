/** Reading tables by row. */
import type { Table, TableName } from '../../server/stream/frame-layout.ts';

/** Text of a `string` column in a row. */
export function text(table: { strings: readonly string[] }, column: Uint32Array, row: number): string {
  return table.strings[column[row] ?? 0] ?? '';
}

/** Calls `each` for every row of a table and gathers what it returns. */
export function mapRows<T extends TableName, R>(table: Table<T> | undefined, each: (table: Table<T>, row: number) => R): R[] {
  return table ? Array.from({ length: table.rows }, (_, row) => each(table, row)) : [];
}
