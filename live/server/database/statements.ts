/** What each statement did in an interval, and in the one before it. */
import { EVENTS, METRICS } from '../../../database/names.ts';
import { isNamed } from '../query/metric-names.ts';
import { metricsIn } from '../query/point-index.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { eventSteps, type Interval, KEYS, pointSteps } from './database.ts';

/** What the watcher calls all statements that are not among the dearest. */
const OTHERS = 'other';
/** A reading comes every five seconds: an interval that begins so much before the first one is still whole. */
const READING_MS = 10_000;

interface Sums {
  calls: number;
  timeMs: number;
  planMs: number;
  rows: number;
  blocksRead: number;
  blocksHit: number;
  blocksTemporary: number;
  walBytes: number;
}

export interface Statement extends Sums {
  /** '' for the sum of all that are not among the dearest. */
  queryId: string;
  database: string;
  /** '' where its text has not come, or was evicted. */
  text: string;
  meanMs: number;
  /** Of all statements' time, 0 to 1. */
  share: number;
  /** The same in the interval before; null where that is not held. */
  before: { calls: number; timeMs: number; meanMs: number } | null;
}

const none = (): Sums => ({
  calls: 0,
  timeMs: 0,
  planMs: 0,
  rows: 0,
  blocksRead: 0,
  blocksHit: 0,
  blocksTemporary: 0,
  walBytes: 0,
});

/** The field that a point is added to, and by what it is multiplied. */
const FIELDS: readonly (readonly [metric: string, field: keyof Sums, times: number, block?: string])[] = [
  [METRICS.calls, 'calls', 1],
  [METRICS.time, 'timeMs', 1000],
  [METRICS.planTime, 'planMs', 1000],
  [METRICS.rows, 'rows', 1],
  [METRICS.wal, 'walBytes', 1],
  [METRICS.blocks, 'blocksHit', 1, 'hit'],
  [METRICS.blocks, 'blocksRead', 1, 'read'],
  [METRICS.blocks, 'blocksTemporary', 1, 'temporary'],
];

export const SORTS = ['time', 'calls', 'mean', 'rows', 'reads'] as const;
const SORT_BY: Record<(typeof SORTS)[number], (one: Statement) => number> = {
  time: ({ timeMs }) => timeMs,
  calls: ({ calls }) => calls,
  mean: ({ meanMs }) => meanMs,
  rows: ({ rows }) => rows,
  reads: ({ blocksRead }) => blocksRead,
};

export interface Known {
  text: string;
  fingerprint: string;
  database: string;
}

/** Texts that came with statements, the newest of each. */
export function* textSteps(live: Live): Steps<Map<string, Known>> {
  const always = { fromMs: Number.NaN, toMs: Number.NaN };
  const known = new Map<string, Known>();
  for (const event of yield* eventSteps(live, EVENTS.statement, KEYS.fingerprint, always))
    known.set(event.text(KEYS.queryId), {
      text: event.text(KEYS.text),
      fingerprint: event.text(KEYS.fingerprint),
      database: event.text(KEYS.database),
    });
  return known;
}

/** Whether the interval that lies before this one, as long as it, is held from its beginning. */
function* beforeSteps(live: Live, { fromMs, toMs }: Interval): Steps<Interval | undefined> {
  let first = Number.POSITIVE_INFINITY;
  for (const block of [...live.metrics.blocks()]) {
    yield;
    const named = isNamed(block, METRICS.calls);
    for (const [set, { firstMs }] of metricsIn(block)) if (named(set)) first = Math.min(first, firstMs);
  }
  const before = { fromMs: fromMs - (toMs - fromMs), toMs: fromMs };
  return first <= before.fromMs + READING_MS ? before : undefined;
}

/** @param queryId '' for all */
function* sumSteps(live: Live, interval: Interval, queryId = ''): Steps<Map<string, Sums>> {
  const sums = new Map<string, Sums>();
  const only = queryId === '' ? [] : [`${KEYS.queryId}=${queryId}`];
  for (const [metric, field, times, block] of FIELDS) {
    const wanted = block === undefined ? only : [...only, `postgresql.block.type=${block}`];
    for (const { attributes, points } of yield* pointSteps(live, metric, interval, wanted)) {
      const key = JSON.stringify([attributes[KEYS.queryId] ?? OTHERS, attributes[KEYS.database] ?? '']);
      const sum = sums.get(key) ?? none();
      sums.set(key, sum);
      for (const { value } of points) sum[field] += value * times;
    }
  }
  return sums;
}

const mean = ({ calls, timeMs }: Pick<Sums, 'calls' | 'timeMs'>): number => (calls > 0 ? timeMs / calls : 0);

export interface StatementList {
  /** The interval that changes are against; null where it is not held from its beginning. */
  before: Interval | null;
  total: Sums;
  statements: Statement[];
}

/** All statements of the interval; the sum of those that the watcher does not name is the last. */
export function* statementSteps(live: Live, interval: Interval, sort: (typeof SORTS)[number]): Steps<StatementList> {
  const before = yield* beforeSteps(live, interval);
  const texts = yield* textSteps(live);
  const sums = yield* sumSteps(live, interval);
  const earlier = before && (yield* sumSteps(live, before));
  const total = none();
  for (const sum of sums.values()) for (const field of Object.keys(total) as (keyof Sums)[]) total[field] += sum[field];
  const statements = [...sums].map(([key, sum]): Statement => {
    const [queryId, database] = JSON.parse(key) as [string, string];
    const was = earlier && (earlier.get(key) ?? none());
    return {
      queryId: queryId === OTHERS ? '' : queryId,
      database,
      text: texts.get(queryId)?.text ?? '',
      ...sum,
      meanMs: mean(sum),
      share: total.timeMs > 0 ? sum.timeMs / total.timeMs : 0,
      before: was ? { calls: was.calls, timeMs: was.timeMs, meanMs: mean(was) } : null,
    };
  });
  const by = SORT_BY[sort];
  statements.sort((a, b) => Number(a.queryId === '') - Number(b.queryId === '') || by(b) - by(a));
  return { before: before ?? null, total, statements };
}

/** The statements with these fingerprints: as they are listed, and those that did nothing in the interval with zeros. */
export function* namedSteps(live: Live, fingerprints: ReadonlySet<string>, listed: readonly Statement[]): Steps<Statement[]> {
  const named: Statement[] = [];
  for (const [queryId, { fingerprint, text, database }] of yield* textSteps(live)) {
    yield;
    if (!fingerprints.has(fingerprint)) continue;
    const all = listed.filter((one) => one.queryId === queryId);
    named.push(...(all.length > 0 ? all : [{ queryId, database, text, ...none(), meanMs: 0, share: 0, before: null }]));
  }
  return named;
}
