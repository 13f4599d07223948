/**
 * Room database: what the API answers of a watched PostgreSQL, from the points and log records that the watcher sends. Nothing is kept beside the rings.
 *
 * The watcher's records, found and read.
 */
import { clippedUnder } from '../derive/clipped.ts';
import { LogText, logTimeMs } from '../derive/log-text.ts';
import { pointValue } from '../otlp/rows.ts';
import { idText } from '../otlp/values.ts';
import { within } from '../query/match.ts';
import { collectSteps } from '../query/metric-series.ts';
import type { Live } from '../receive/live.ts';
import type { LogBlock } from '../store/block.ts';
import { remembered } from '../store/remembered.ts';
import { over, type Steps } from '../store/slices.ts';
import { Wire } from '../store/wire.ts';

/** Both ends in milliseconds since 1970. */
export interface Interval {
  fromMs: number;
  toMs: number;
}

/** Attributes of the watcher's records; see `database/activity.ts` and `database/log-line.ts`. */
export const KEYS = {
  database: 'db.namespace',
  text: 'db.query.text',
  fingerprint: 'postgresql.query_fingerprint',
  queryId: 'postgresql.query_id',
  pid: 'postgresql.pid',
  state: 'postgresql.state',
  waitType: 'postgresql.wait_event_type',
  wait: 'postgresql.wait_event',
  application: 'postgresql.application_name',
  blockedBy: 'postgresql.blocked_by',
  running: 'postgresql.query.duration',
  transaction: 'postgresql.transaction.duration',
  unchanged: 'postgresql.state.duration',
  role: 'user.name',
  plan: 'postgresql.plan',
} as const;

/** Characters of a statement, of a plan. */
const MOST_TEXT = 10_000;
const MOST_PLAN = 2 ** 20;
/** Records of one step: of each some attributes are read. */
const ROWS_PER_STEP = 256;

/** One record of the watcher: reads what is asked for, when it is asked for. */
export class Event {
  readonly block: LogBlock;
  readonly row: number;
  readonly timeMs: number;
  private readonly keyOf: (name: string) => number;

  constructor(block: LogBlock, row: number, timeMs: number, keyOf: (name: string) => number) {
    this.block = block;
    this.row = row;
    this.timeMs = timeMs;
    this.keyOf = keyOf;
  }

  text(name: string): string {
    const most = name === KEYS.plan ? MOST_PLAN : MOST_TEXT;
    return clippedUnder(this.block, this.block.columns.attributes[this.row] as number, this.keyOf(name), most);
  }

  /** 0 where there is none. */
  number(name: string): number {
    return Number(this.text(name)) || 0;
  }

  get traceId(): string {
    return idText(this.block.columns.trace, this.row, 4);
  }

  get spanId(): string {
    return idText(this.block.columns.span, this.row, 2);
  }
}

/**
 * The watcher's records of one name, in the order of time.
 * @param key an attribute that all of them have, and few others: blocks and rows without it cost next to nothing
 * @param wanted a last test, made before they are sorted
 */
export function* eventSteps(
  live: Live,
  name: string,
  key: string,
  { fromMs, toMs }: Interval,
  wanted: (event: Event) => boolean = () => true,
): Steps<Event[]> {
  const found: Event[] = [];
  for (const block of [...live.logs.blocks()]) {
    const keys = new Map<string, number>();
    const keyOf = (of: string): number => {
      const id = keys.get(of) ?? block.dictionary.lookUp(new Wire(Buffer.from(of)));
      keys.set(of, id);
      return id;
    };
    const id = keyOf(key);
    if (id < 0) continue;
    const { sets, columns } = block;
    const hasKey = remembered((set) => {
      for (let i = 0; i < sets.size(set); i++) if (sets.keyAt(set, i) === id) return true;
      return false;
    });
    const texts = new LogText(block);
    yield* over(
      block.committed,
      (from, to) => {
        for (let row = from; row < to; row++) {
          if (!hasKey(columns.attributes[row] as number)) continue;
          const ms = logTimeMs(block, row);
          if (!within(ms, fromMs, toMs) || texts.eventName(row) !== name) continue;
          const event = new Event(block, row, ms, keyOf);
          if (wanted(event)) found.push(event);
        }
      },
      ROWS_PER_STEP,
    );
  }
  return found.sort((a, b) => a.timeMs - b.timeMs);
}

export interface WatchedSeries {
  attributes: Record<string, string>;
  points: { timeMs: number; value: number }[];
}

/** Points of one of the watcher's metrics after `fromMs`, up to and with `toMs`: a point is what was added since the one before it, or a value. */
export function* pointSteps(
  live: Live,
  name: string,
  { fromMs, toMs }: Interval,
  attributes: string[] = [],
): Steps<WatchedSeries[]> {
  const { series } = yield* collectSteps(live, name, { service: '', attributes, fromMs, toMs });
  const read: WatchedSeries[] = [];
  for (const one of series) {
    yield;
    const points = one.points
      .filter(({ timeMs }) => timeMs > fromMs)
      .map(({ block, row, timeMs }) => ({ timeMs, value: pointValue(block, row) }));
    if (points.length === 0) continue;
    const texts = Object.entries(one.attributes).map(([key, value]) => [key, typeof value === 'string' ? value : String(value)]);
    read.push({ attributes: Object.fromEntries(texts), points });
  }
  return read;
}

export function groupBy<K, T>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}
