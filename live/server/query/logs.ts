/** Search of log records. */

import { LogText, logTimeMs } from '../derive/log-text.ts';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { idText, idWords, plainAttributes, servicesOf, timeNanos } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import type { LogBlock } from '../store/block.ts';
import { atOnce, over, type Steps } from '../store/slices.ts';
import { serviceTest, within } from './match.ts';
import { LEVELS } from './query.ts';
import { rowBytes } from './row-bytes.ts';

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

interface LogPage {
  logs: LogRow[];
  next: string | null;
}

interface Found {
  block: LogBlock;
  row: number;
  timeMs: number;
}

/** What a page of records comes to, about: it ends there, whatever the limit, since one large text may be in every record. */
const PAGE_BYTES = 8 * 2 ** 20;
/** Found beside those that are wanted, before the older ones are let go. */
const SPARE = 1_000;
/** Rows of one step: text is read of each. */
const ROWS_PER_STEP = 16;

/** The newest matching records, from `cursor` on. */
export function* logSteps(live: Live, filter: LogFilter, limit: number, cursor: string): Steps<LogPage> {
  const { beforeMs, skip } = parseCursor(cursor);
  const found = yield* newestSteps(live, filter, limit + 1, beforeMs, skip);
  const logs: LogRow[] = [];
  let bytes = 0;
  for (const { block, row } of found.slice(0, limit)) {
    bytes += rowBytes(block, ['body', 'attributes'])(row);
    if (bytes > PAGE_BYTES && logs.length > 0) break;
    logs.push(logRow({ block, row }));
    yield;
  }
  const last = found[logs.length - 1];
  if (found.length === logs.length || last === undefined) return { logs, next: null };
  const same = found.slice(0, logs.length).filter(({ timeMs }) => timeMs === last.timeMs).length;
  return { logs, next: `${last.timeMs}-${last.timeMs === beforeMs ? skip + same : same}` };
}

/** The same at one go. */
export const searchLogs = (...args: Parameters<typeof logSteps>): LogPage => atOnce(logSteps(...args));

/**
 * The newest `count` matching records that are held now, the newest first.
 * @param beforeMs only those with this time or an earlier one; and of those with this very time not the first `skip`
 */
export function newestSteps(
  live: Live,
  filter: LogFilter,
  count: number,
  beforeMs = Number.POSITIVE_INFINITY,
  skip = 0,
): Steps<Found[]> {
  const held = [...live.logs.blocks()].map((block) => ({ block, rows: block.committed }));
  return scan(held, filter, count, beforeMs, skip);
}

function* scan(
  held: readonly { block: LogBlock; rows: number }[],
  filter: LogFilter,
  count: number,
  beforeMs: number,
  skip: number,
): Steps<Found[]> {
  let kept: Found[] = [];
  let threshold = Number.NEGATIVE_INFINITY;
  let skipped = 0;
  for (const { block, rows } of held) {
    const test = logTest(block, filter);
    if (test === undefined) continue;
    const look = (row: number): void => {
      const timeMs = logTimeMs(block, row);
      if (timeMs < threshold || timeMs > beforeMs || !test(row)) return;
      if (timeMs === beforeMs && skipped++ < skip) return;
      kept.push({ block, row, timeMs });
      if (kept.length < count + Math.max(SPARE, count / 2)) return;
      kept = sorted(kept).slice(0, count);
      threshold = kept.at(-1)?.timeMs ?? threshold;
    };
    yield* over(
      rows,
      (from, to) => {
        for (let row = from; row < to; row++) look(row);
      },
      ROWS_PER_STEP,
    );
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
  const ofService = serviceTest(block, filter.service);
  if (ofService === undefined) return undefined;
  const { columns } = block;
  const least = filter.level === '' ? 0 : leastSeverity(filter.level);
  const trace = filter.traceId === '' ? undefined : idWords(filter.traceId);
  const span = filter.spanId === '' ? undefined : idWords(filter.spanId);
  const says = filter.text === '' ? undefined : new LogText(block).saying(filter.text);
  return (row) => {
    if (!ofService(row)) return false;
    if (least > 0 && severityOf(block, row) < least) return false;
    if (trace !== undefined && !trace.every((word, i) => columns.trace[row * 4 + i] === word)) return false;
    if (span !== undefined && !span.every((word, i) => columns.span[row * 2 + i] === word)) return false;
    if (!within(logTimeMs(block, row), filter.fromMs, filter.toMs)) return false;
    return says === undefined || says(row);
  };
}

type Row = Pick<Found, 'block' | 'row'>;

/** What a list of records shows. @param most characters of the text */
export function logLine({ block, row }: Row, most = Number.POSITIVE_INFINITY): Omit<LogRow, 'timeUnixNano' | 'attributes'> {
  const { columns } = block;
  const severity = severityOf(block, row);
  const text = new LogText(block);
  return {
    timeMs: logTimeMs(block, row),
    service: servicesOf(block)(row),
    severity,
    level: levelOf(severity),
    body: text.of(row, most),
    eventName: text.eventName(row),
    traceId: idText(columns.trace, row, 4),
    spanId: idText(columns.span, row, 2),
  };
}

export function logRow({ block, row }: Row): LogRow {
  const { columns } = block;
  const happened = columns.time[row * 2] !== 0 || columns.time[row * 2 + 1] !== 0;
  return {
    ...logLine({ block, row }),
    timeUnixNano: timeNanos(happened ? columns.time : columns.observed, row),
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
