/**
 * The stream's contract, shared by the server and the page: no Node, no DOM beyond `TextDecoder`. Its tables and views are in frame-tables.ts.
 *
 * Socket: `ws://<page address>/stream` (cookie or bearer key; `?format=json` for JSON frames). The client speaks first, in JSON text:
 *   {"subscribe": [{"view": "services", "window": 60}, {"view": "logs", "level": "warn"}], "hz": 60}   replaces what it had
 *   {"ack": 41}                            the highest `sequence` it has drawn; the server keeps at most 2 frames unacknowledged
 * The server answers in JSON text:
 *   {"subscribed": [{"id": 7, "view": "services", "window": 60}], "hz": 60}   `id` is what a section's `view` says
 *   {"error": {"code": "bad_message", "message": "..."}}                        the old subscription stays
 * and then sends binary frames (or, as JSON text, `{"frame": Frame}` with plain arrays for the columns and strings in place).
 *
 * A frame stands alone: each section carries the strings it uses, so a client that missed frames needs nothing from them. Gauges are the latest
 * state. `slots` repeats the last 10 seconds in each frame: merge by (service, second). `logs` continues: `first` is the running number of the
 * section's first row, so `first - (previous first + previous rows)` lines were lost to this client (0 unless it fell behind by 500 lines).
 *
 * Little-endian, every column at a multiple of its own width:
 *   header, 32 bytes: u32 magic, u32 sequence, f64 server time (ms since 1970), u32 skipped (frames left out for this client since
 *     the one before: it was slow), u32 sections, f64 encodeMs (what this frame cost the server)
 *   section, 32 bytes: u32 view, u16 table, u16 reserved, u32 rows, u32 bytes (with this header), f64 first, u32 strings, u32 string bytes
 *     then the f64 columns, the u32 columns (`string` columns are u32 indices into the section's strings) padded to 8,
 *     u32 offsets of the strings (strings + 1 of them) padded to 8, their UTF-8 padded to 8.
 */
import { type ColumnKind, TABLES, type TableName } from './frame-tables.ts';

export * from './frame-tables.ts';

export const FRAME_MAGIC = 0x31464c53; // 'SLF1'
export const FRAME_HEADER_BYTES = 32;
export const SECTION_HEADER_BYTES = 32;

/** A decoded table: columns by name, `strings` to look `string` columns up in. */
export type Table<T extends TableName> = {
  readonly table: T;
  readonly view: number;
  readonly rows: number;
  readonly first: number;
  readonly strings: readonly string[];
  readonly columns: {
    readonly [C in keyof (typeof TABLES)[T]['columns']]: (typeof TABLES)[T]['columns'][C] extends 'number'
      ? Float64Array
      : Uint32Array;
  };
};
export type AnyTable = { [T in TableName]: Table<T> }[TableName];

export interface Frame {
  readonly sequence: number;
  readonly timeMs: number;
  readonly skipped: number;
  readonly encodeMs: number;
  readonly sections: readonly AnyTable[];
}

const NAMES = new Map<number, TableName>(Object.entries(TABLES).map(([name, table]) => [table.id, name as TableName]));

/** Rounds up to the next multiple of 8. */
export const align8 = (bytes: number): number => (bytes + 7) & ~7;

/** Columns of a table in the order of the wire: numbers first, then counts and strings; each as it is written in TABLES. */
export function columnOrder(table: TableName): [name: string, kind: ColumnKind][] {
  const all = Object.entries(TABLES[table].columns) as [string, ColumnKind][];
  return [...all.filter(([, kind]) => kind === 'number'), ...all.filter(([, kind]) => kind !== 'number')];
}

/**
 * Decodes a binary frame without copying its columns: they are views of `buffer`.
 * @throws RangeError when the bytes are not a whole frame of this version.
 */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  const view = new DataView(buffer);
  if (buffer.byteLength < FRAME_HEADER_BYTES || view.getUint32(0, true) !== FRAME_MAGIC) {
    throw new RangeError('not a frame of this version: reload the page so that it matches the server');
  }
  const sections: AnyTable[] = [];
  let at = FRAME_HEADER_BYTES;
  for (let left = view.getUint32(20, true); left > 0; left--) {
    const section = decodeSection(buffer, view, at);
    sections.push(section.table);
    at += section.bytes;
  }
  return {
    sequence: view.getUint32(4, true),
    timeMs: view.getFloat64(8, true),
    skipped: view.getUint32(16, true),
    encodeMs: view.getFloat64(24, true),
    sections,
  };
}

const utf8 = new TextDecoder();

function decodeSection(buffer: ArrayBuffer, view: DataView, start: number): { table: AnyTable; bytes: number } {
  const table = NAMES.get(view.getUint16(start + 4, true));
  if (table === undefined) throw new RangeError(`unknown table ${view.getUint16(start + 4, true)}: reload the page`);
  const rows = view.getUint32(start + 8, true);
  const bytes = view.getUint32(start + 12, true);
  let at = start + SECTION_HEADER_BYTES;
  const columns: Record<string, Float64Array | Uint32Array> = {};
  for (const [name, kind] of columnOrder(table)) {
    columns[name] = kind === 'number' ? new Float64Array(buffer, at, rows) : new Uint32Array(buffer, at, rows);
    at += rows * (kind === 'number' ? 8 : 4);
  }
  at = align8(at);
  const count = view.getUint32(start + 24, true);
  const offsets = new Uint32Array(buffer, at, count + 1);
  at = align8(at + 4 * (count + 1));
  const strings: string[] = [];
  for (let i = 0; i < count; i++) {
    const from = offsets[i] ?? 0;
    strings.push(utf8.decode(new Uint8Array(buffer, at + from, (offsets[i + 1] ?? 0) - from)));
  }
  const first = view.getFloat64(start + 16, true);
  const decoded = { table, view: view.getUint32(start, true), rows, first, strings, columns };
  return { table: decoded as unknown as AnyTable, bytes };
}
