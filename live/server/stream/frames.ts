/** Encodes what frame-layout.ts describes: sections once per view, a header per client. */
import {
  align8,
  columnOrder,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  type JsonFrame,
  SECTION_HEADER_BYTES,
  TABLES,
  type TableName,
} from './frame-layout.ts';

/** A table before it is encoded: one array per column, all of the same length; `string` columns hold strings. */
export type Rows<T extends TableName> = {
  [C in keyof (typeof TABLES)[T]['columns']]: (typeof TABLES)[T]['columns'][C] extends 'string' ? string[] : number[];
};

/** A section for both kinds of client, encoded at most once each. */
export interface Section {
  readonly binary: Uint8Array;
  readonly json: JsonFrame['sections'][number];
}

interface FrameHeader {
  sequence: number;
  timeMs: number;
  skipped: number;
  encodeMs: number;
}

/** Empty columns of a table, to push rows to. */
export function emptyRows<T extends TableName>(table: T): Rows<T> {
  return Object.fromEntries(columnOrder(table).map(([name]) => [name, []])) as unknown as Rows<T>;
}

/** Encodes one table of one view; `first` is the running number of its first row (logs), 0 for gauges. */
export function section<T extends TableName>(view: number, table: T, rows: Rows<T>, first = 0): Section {
  const columns = rows as unknown as Record<string, (number | string)[]>;
  const count = Object.values(columns)[0]?.length ?? 0;
  let binary: Uint8Array | undefined;
  return {
    get binary() {
      binary ??= encodeSection(view, table, columns, count, first);
      return binary;
    },
    get json() {
      const finite = Object.fromEntries(
        Object.entries(columns).map(([name, values]) => [name, values.map((value) => (Number.isNaN(value) ? null : value))]),
      );
      return { table, view, rows: count, first, columns: finite };
    },
  };
}

/** One frame for one client from sections that several clients may share. */
export function encodeFrame(header: FrameHeader, sections: readonly Section[]): Uint8Array {
  const length = sections.reduce((sum, one) => sum + one.binary.byteLength, FRAME_HEADER_BYTES);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint32(4, header.sequence, true);
  view.setFloat64(8, header.timeMs, true);
  view.setUint32(16, header.skipped, true);
  view.setUint32(20, sections.length, true);
  view.setFloat64(24, header.encodeMs, true);
  let at = FRAME_HEADER_BYTES;
  for (const one of sections) {
    out.set(one.binary, at);
    at += one.binary.byteLength;
  }
  return out;
}

/** The same frame as JSON text. */
export function jsonFrame(header: FrameHeader, sections: readonly Section[]): string {
  return JSON.stringify({ frame: { ...header, sections: sections.map((one) => one.json) } satisfies JsonFrame });
}

function encodeSection(
  view: number,
  table: TableName,
  columns: Record<string, (number | string)[]>,
  rows: number,
  first: number,
): Uint8Array {
  const order = columnOrder(table);
  const { strings, index } = collectStrings(order.filter(([, kind]) => kind === 'string').map(([name]) => columns[name] ?? []));
  const encoded = strings.map((text) => Buffer.from(text, 'utf8'));
  const stringBytes = encoded.reduce((sum, text) => sum + text.byteLength, 0);
  const columnBytes = order.reduce((sum, [, kind]) => sum + rows * (kind === 'number' ? 8 : 4), 0);
  const offsetsAt = align8(SECTION_HEADER_BYTES + columnBytes);
  const textAt = align8(offsetsAt + 4 * (strings.length + 1));
  const out = new Uint8Array(align8(textAt + stringBytes));
  const data = new DataView(out.buffer);
  data.setUint32(0, view, true);
  data.setUint16(4, TABLES[table].id, true);
  data.setUint32(8, rows, true);
  data.setUint32(12, out.byteLength, true);
  data.setFloat64(16, first, true);
  data.setUint32(24, strings.length, true);
  data.setUint32(28, stringBytes, true);
  let at = SECTION_HEADER_BYTES;
  for (const [name, kind] of order) {
    for (const value of columns[name] ?? []) {
      if (kind === 'number') data.setFloat64(at, value as number, true);
      else data.setUint32(at, kind === 'string' ? (index.get(value as string) ?? 0) : (value as number), true);
      at += kind === 'number' ? 8 : 4;
    }
  }
  let offset = 0;
  for (let i = 0; i < encoded.length; i++) {
    const text = encoded[i] ?? Buffer.alloc(0);
    data.setUint32(offsetsAt + 4 * i, offset, true);
    out.set(text, textAt + offset);
    offset += text.byteLength;
  }
  data.setUint32(offsetsAt + 4 * encoded.length, offset, true);
  return out;
}

function collectStrings(columns: (number | string)[][]): { strings: string[]; index: Map<string, number> } {
  const index = new Map<string, number>();
  for (const column of columns) {
    for (const value of column) if (!index.has(value as string)) index.set(value as string, index.size);
  }
  return { strings: [...index.keys()], index };
}
