/** The tail of the logs: the newest lines, gaps where lines were lost, and no line twice. */
import type { Table } from '../../server/stream/frame-layout.ts';
import type { LogRecord } from '../api/types.ts';

export interface Line {
  /** Counts up; never used twice in one buffer. */
  key: number;
  timeMs: number;
  level: string;
  service: string;
  body: string;
  traceId: string;
  spanId: string;
  /** More than 0: not a line but so many that were lost. */
  lost: number;
}

export interface LogBuffer {
  lines: Line[];
  /** The number that the stream's next line will have, and the view it counts in. */
  expected: number;
  view: number;
  nextKey: number;
  /** Lines ever added, without gaps. */
  added: number;
}

export const CAPACITY = 5_000;

export const emptyBuffer = (): LogBuffer => ({ lines: [], expected: -1, view: -1, nextKey: 0, added: 0 });

/**
 * Adds the lines of a `logs` section, and a gap where its first is not the one expected. A new view begins with lines from before it: those had
 * already are left out.
 */
export function appendSection(buffer: LogBuffer, table: Table<'logs'>): void {
  const { view, first, rows, columns, strings } = table;
  const lost = buffer.view === view ? first - buffer.expected : 0;
  if (lost > 0)
    push(buffer, { key: 0, timeMs: columns.timeMs[0] ?? 0, level: '', service: '', body: '', traceId: '', spanId: '', lost });
  const had = buffer.view === view ? undefined : new Set(buffer.lines.map(identity));
  // Lines before the expected one were had already, too.
  for (let row = Math.max(0, -lost); row < rows; row++) {
    const text = (column: Uint32Array) => strings[column[row] ?? 0] ?? '';
    const line: Line = {
      key: 0,
      timeMs: columns.timeMs[row] ?? 0,
      level: text(columns.level),
      service: text(columns.service),
      body: text(columns.body),
      traceId: text(columns.traceId),
      spanId: text(columns.spanId),
      lost: 0,
    };
    if (had?.has(identity(line))) continue;
    buffer.added++;
    push(buffer, line);
  }
  buffer.view = view;
  buffer.expected = first + rows;
  trim(buffer);
}

/** Puts what was held before the stream began in front: `records` come newest first; those the stream brought too are left out. */
export function prependHistory(buffer: LogBuffer, records: readonly LogRecord[]): void {
  const streamed = new Set(buffer.lines.map(identity));
  const before = [...records]
    .reverse()
    .filter((record) => !streamed.has(identity(record)))
    .map((record) => lineOf(record, buffer.nextKey++));
  buffer.lines = [...before, ...buffer.lines];
  buffer.added += before.length;
  trim(buffer);
}

/** A record of the API as a line. */
export function lineOf({ timeMs, level, service, body, traceId, spanId }: LogRecord, key: number): Line {
  return { key, timeMs, level, service, body, traceId, spanId, lost: 0 };
}

function push(buffer: LogBuffer, line: Line): void {
  buffer.lines.push({ ...line, key: buffer.nextKey++ });
}

function trim(buffer: LogBuffer): void {
  // A tenth at a time: cutting the front of an array for each line would cost more than the lines.
  if (buffer.lines.length > CAPACITY * 1.1) buffer.lines = buffer.lines.slice(-CAPACITY);
}

function identity({ timeMs, service, body, spanId }: Pick<Line, 'timeMs' | 'service' | 'body' | 'spanId'>): string {
  return `${timeMs}\u0000${service}\u0000${spanId}\u0000${body}`;
}
