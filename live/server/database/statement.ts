/** All that is known of one statement. */
import { EVENTS, METRICS } from '../../../database/names.ts';
import { NotFoundError } from '../query/query.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { type Callers, callerSteps } from './callers.ts';
import { type Event, eventSteps, groupBy, type Interval, KEYS, pointSteps } from './database.ts';
import { type Plan, planSteps } from './plans.ts';
import { type Statement, statementSteps, textSteps } from './statements.ts';

/** Stretches of an interval; a reading is taken every five seconds. */
const STRETCHES = 60;
const LEAST_MS = 5_000;
const MOST_PLANS = 10;

interface History {
  /** The beginning of each stretch. */
  timesMs: number[];
  stepMs: number;
  calls: number[];
  timeMs: number[];
}

interface Wait {
  waitEventType: string;
  waitEvent: string;
  samples: number;
  /** Of the samples in which the statement ran, 0 to 1. */
  share: number;
}

export interface StatementPage {
  queryId: string;
  text: string;
  databases: Statement[];
  history: History;
  waits: Wait[];
  plans: Plan[];
  callers: Callers;
}

/** @throws NotFoundError where nothing is held of it */
export function* statementPageSteps(live: Live, queryId: string, interval: Interval): Steps<StatementPage> {
  const known = (yield* textSteps(live)).get(queryId);
  const { statements } = yield* statementSteps(live, interval, 'time');
  const databases = statements.filter((one) => one.queryId === queryId);
  const isIt = (event: Event): boolean =>
    event.text(KEYS.queryId) === queryId || (known !== undefined && event.text(KEYS.fingerprint) === known.fingerprint);
  const plans = yield* planSteps(live, interval, isIt);
  if (known === undefined && databases.length === 0 && plans.length === 0)
    throw new NotFoundError(`nothing is held of statement ${queryId}: it was evicted, or never among the dearest`);
  const isRunning = (event: Event): boolean => isIt(event) && event.text(KEYS.state) === 'active';
  const waits = waitsOf(yield* eventSteps(live, EVENTS.sample, KEYS.unchanged, interval, isRunning));
  const none = { spans: 0, errors: 0, lookedAt: 0, callers: [], examples: [] };
  return {
    queryId,
    text: known?.text ?? plans[0]?.text ?? '',
    databases,
    history: yield* historySteps(live, queryId, interval),
    waits,
    plans: plans.slice(0, MOST_PLANS),
    callers: known ? yield* callerSteps(live, known.fingerprint, interval) : none,
  };
}

function waitsOf(samples: readonly Event[]): Wait[] {
  const groups = groupBy(samples, (event) => JSON.stringify([event.text(KEYS.waitType), event.text(KEYS.wait)]));
  return [...groups]
    .map(([key, of]) => {
      const [waitEventType = '', waitEvent = ''] = JSON.parse(key) as string[];
      return { waitEventType, waitEvent, samples: of.length, share: of.length / samples.length };
    })
    .sort((a, b) => b.samples - a.samples);
}

function* historySteps(live: Live, queryId: string, { fromMs, toMs }: Interval): Steps<History> {
  const stepMs = Math.max(LEAST_MS, Math.ceil((toMs - fromMs) / STRETCHES / 1000) * 1000);
  const first = Math.floor(fromMs / stepMs);
  const length = Math.max(1, Math.min(STRETCHES + 2, Math.floor(toMs / stepMs) - first + 1));
  const sums = function* (metric: string, times: number): Steps<number[]> {
    const sum = new Array<number>(length).fill(0);
    const wanted = [`${KEYS.queryId}=${queryId}`];
    for (const { points } of yield* pointSteps(live, metric, { fromMs, toMs }, wanted))
      for (const { timeMs, value } of points) {
        const slot = Math.min(length - 1, Math.max(0, Math.floor(timeMs / stepMs) - first));
        sum[slot] = (sum[slot] ?? 0) + value * times;
      }
    return sum;
  };
  return {
    timesMs: Array.from({ length }, (_, i) => (first + i) * stepMs),
    stepMs,
    calls: yield* sums(METRICS.calls, 1),
    timeMs: yield* sums(METRICS.time, 1000),
  };
}
