/** pg_stat_statements as differences: what each statement did since the last reading, the dearest by name, the rest as one sum, so that totals are exact. */
import { MARK } from './session.ts';

/** So many by time, and so many by calls, have a point of their own in each interval. */
const DEAREST = 50;

/** The counters that are read, as pg_stat_statements names them from version 14 to 18; times in milliseconds. */
const COUNTERS = [
  'calls',
  'total_exec_time',
  'total_plan_time',
  'rows',
  'shared_blks_hit',
  'shared_blks_read',
  'temp_blks_read',
  'temp_blks_written',
  'wal_bytes',
] as const;
type Counter = (typeof COUNTERS)[number];
export type Counters = Record<Counter, number>;

/** A statement of one database: all users and nesting levels together. */
export interface StatementRow extends Counters {
  queryid: string;
  database: string;
}

export interface Interval {
  /** The dearest, by time first. */
  dearest: StatementRow[];
  /** All others together. */
  rest: Counters;
  /** How many the rest are. */
  others: number;
}

/** Numbers only: the texts lie in a file that the server would read anew each time. */
export const statementsQuery = (schema: string) => `
  SELECT ${MARK} s.queryid::text AS queryid, d.datname AS database, ${COUNTERS.map((name) => `sum(s.${name})::float8 AS ${name}`).join(', ')}
  FROM ${schema}.pg_stat_statements(false) s JOIN pg_database d ON d.oid = s.dbid
  WHERE s.queryid IS NOT NULL GROUP BY 1, 2`;

/** Texts of the statements with these ids: one each. */
export const textsQuery = (schema: string) => `
  SELECT ${MARK} DISTINCT ON (s.queryid) s.queryid::text AS queryid, left(s.query, 65536) AS text
  FROM ${schema}.pg_stat_statements s WHERE s.queryid = ANY($1::bigint[])`;

/** Which of these ids are statements of ours. */
export const ownQuery = (schema: string) => `
  SELECT ${MARK} DISTINCT s.queryid::text AS queryid
  FROM ${schema}.pg_stat_statements s WHERE s.queryid = ANY($1::bigint[]) AND strpos(s.query, '${MARK}') > 0`;

/** When the counters were last reset, and how many statements were evicted since. */
export const infoQuery = (schema: string) => `
  SELECT ${MARK} dealloc::float8 AS evicted, stats_reset::text AS reset FROM ${schema}.pg_stat_statements_info`;

const none = (): Counters => Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters;

function add(sum: Counters, row: Counters): void {
  for (const name of COUNTERS) sum[name] += row[name];
}

/** What lies between one reading of the counters and the next. */
export class Differences {
  private before: Map<string, StatementRow> | undefined;

  /** Forgets the last reading: the next one is a start. */
  reset(): void {
    this.before = undefined;
  }

  /**
   * The interval since the last reading; undefined for the first, which has no beginning.
   * A statement that was not there has begun since, and so has one whose counters went back: it was evicted, or reset, and came again.
   * @param own statements of the reader itself, which do not count
   */
  read(rows: readonly StatementRow[], own: ReadonlySet<string>): Interval | undefined {
    const { before } = this;
    const now = new Map<string, StatementRow>();
    const changed: StatementRow[] = [];
    for (const row of rows) {
      if (own.has(row.queryid)) continue;
      const key = `${row.database} ${row.queryid}`;
      now.set(key, row);
      const last = before?.get(key);
      const anew = last === undefined || row.calls < last.calls || row.total_exec_time < last.total_exec_time;
      const difference = anew ? { ...row } : { ...row, ...subtract(row, last) };
      if (difference.calls > 0 || difference.total_exec_time > 0) changed.push(difference);
    }
    this.before = now;
    return before && split(changed);
  }
}

function subtract(row: Counters, last: Counters): Counters {
  return Object.fromEntries(COUNTERS.map((name) => [name, Math.max(0, row[name] - last[name])])) as Counters;
}

function split(changed: StatementRow[]): Interval {
  const byTime = [...changed].sort((a, b) => b.total_exec_time - a.total_exec_time);
  const dearest = new Set(byTime.slice(0, DEAREST));
  for (const row of [...changed].sort((a, b) => b.calls - a.calls).slice(0, DEAREST)) dearest.add(row);
  const rest = none();
  for (const row of changed) if (!dearest.has(row)) add(rest, row);
  return { dearest: [...dearest], rest, others: changed.length - dearest.size };
}
