/** Search of log records. */

import { logTimeMs } from '../derive/derive.ts';
import { LogText } from '../derive/log-text.ts';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { idText, idWords, plainAttributes, timeNanos } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import { STRING } from '../store/attribute-sets.ts';
import type { LogBlock } from '../store/block.ts';
import { remembered, within } from './match.ts';
import { LEVELS } from './query.ts';

export interface LogFilter {
  text: string;
  /** The lowest level wanted; '' for all. */
  level: string;
  service: string;
  traceId: string;
  spanId: string;
  fromMs: number;
  toMs: number;
}

export const ANY_LOG: LogFilter = {
  text: '',
  level: '',
  service: '',
  traceId: '',
  spanId: '',
  fromMs: Number.NaN,
  toMs: Number.NaN,
};

interface LogRow {
  timeMs: number;
  timeUnixNano: string;
  service: string;
  severity: number;
  level: string;
  body: string;
  /** '' for a record that is no event. */
  eventName: string;
  traceId: string;
  spanId: string;
  attributes: JsonObject;
}

interface Found {
  block: LogBlock;
  row: number;
  timeMs: number;
}

/** The newest matching records, from `cursor` on. */
export function searchLogs(
  live: Live,
  filter: LogFilter,
  limit: number,
  cursor: string,
): { logs: LogRow[]; next: string | null } {
  const { beforeMs, skip } = parseCursor(cursor);
  const found = newest(live, filter, limit + skip + 1, beforeMs);
  const page = found.slice(skip, skip + limit);
  const last = page.at(-1);
  if (found.length <= skip + limit || last === undefined) return { logs: page.map(logRow), next: null };
  const same = found.slice(0, skip + limit).filter(({ timeMs }) => timeMs === last.timeMs).length;
  return { logs: page.map(logRow), next: `${last.timeMs}-${same}` };
}

/** The newest `count` matching records with a time of `beforeMs` or less, the newest first. */
export function newest(live: Live, filter: LogFilter, count: number, beforeMs = Number.POSITIVE_INFINITY): Found[] {
  let kept: Found[] = [];
  let threshold = Number.NEGATIVE_INFINITY;
  for (const block of live.logs.blocks()) {
    const test = logTest(block, filter);
    if (test === undefined) continue;
    for (let row = 0; row < block.committed; row++) {
      const timeMs = logTimeMs(block, row);
      if (timeMs < threshold || timeMs > beforeMs || !test(row)) continue;
      kept.push({ block, row, timeMs });
      if (kept.length < count * 4) continue;
      kept = sorted(kept).slice(0, count);
      threshold = kept.at(-1)?.timeMs ?? threshold;
    }
  }
  return sorted(kept).slice(0, count);
}

const sorted = (found: Found[]): Found[] => found.sort((a, b) => b.timeMs - a.timeMs);

/** @param cursor of the form that CURSORS demands */
function parseCursor(cursor: string): { beforeMs: number; skip: number } {
  if (cursor === '') return { beforeMs: Number.POSITIVE_INFINITY, skip: 0 };
  const [beforeMs, skip] = cursor.split('-').map(Number);
  return { beforeMs: beforeMs ?? 0, skip: skip ?? 0 };
}

/** A test of this block's rows; undefined where none of them can match. */
export function logTest(block: LogBlock, filter: LogFilter): ((row: number) => boolean) | undefined {
  if (filter.service !== '' && block.service !== filter.service) return undefined;
  const { columns, dictionary } = block;
  const least = filter.level === '' ? 0 : leastSeverity(filter.level);
  const trace = filter.traceId === '' ? undefined : idWords(filter.traceId);
  const span = filter.spanId === '' ? undefined : idWords(filter.spanId);
  const wanted = filter.text.toLowerCase();
  const inString = remembered((id) => dictionary.text(id).toLowerCase().includes(wanted));
  const text = new LogText(block);
  return (row) => {
    if (least > 0 && severityOf(block, row) < least) return false;
    if (trace !== undefined && !trace.every((word, i) => columns.trace[row * 4 + i] === word)) return false;
    if (span !== undefined && !span.every((word, i) => columns.span[row * 2 + i] === word)) return false;
    if (!within(logTimeMs(block, row), filter.fromMs, filter.toMs)) return false;
    if (wanted === '') return true;
    const body = columns.body[row] as number;
    return ((body & 3) === STRING && inString(body >>> 2)) || text.includes(row, wanted);
  };
}

export function logRow({ block, row }: Pick<Found, 'block' | 'row'>): LogRow {
  const { columns } = block;
  const severity = severityOf(block, row);
  const text = new LogText(block);
  const happened = columns.time[row * 2] !== 0 || columns.time[row * 2 + 1] !== 0;
  return {
    timeMs: logTimeMs(block, row),
    timeUnixNano: timeNanos(happened ? columns.time : columns.observed, row),
    service: block.service,
    severity,
    level: levelOf(severity),
    body: text.of(row),
    eventName: text.eventName(row),
    traceId: idText(columns.trace, row, 4),
    spanId: idText(columns.span, row, 2),
    attributes: plainAttributes(block, columns.attributes[row] as number),
  };
}

/** Severity numbers go by fours: 1 to 4 trace, 5 to 8 debug, ... 21 to 24 fatal. */
const levelOf = (severity: number): string => (severity === 0 ? '' : (LEVELS[(severity - 1) >> 2] ?? 'fatal'));
const leastSeverity = (level: string): number => (LEVELS as readonly string[]).indexOf(level) * 4 + 1;

/** The severity number; where a record has none, that of its text. */
function severityOf({ columns, dictionary }: LogBlock, row: number): number {
  const number = columns.severity[row] as number;
  if (number !== 0) return number;
  const level = dictionary.text(columns.severityText[row] as number).toLowerCase();
  return (LEVELS as readonly string[]).includes(level) ? leastSeverity(level) : 0;
}
