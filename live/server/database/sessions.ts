/** Active-session history: how many sessions were in which state and waited for what, and which they are. */
import { EVENTS, METRICS } from '../../../database/names.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { type Event, eventSteps, type Interval, KEYS, pointSteps } from './database.ts';

/** A sample is taken each second: who was seen longer before the last one than this is not there any more. */
export const FRESH_MS = 2_500;
const MOST_SESSIONS = 200;

export interface Session {
  timeMs: number;
  pid: number;
  database: string;
  role: string;
  application: string;
  state: string;
  waitEventType: string;
  waitEvent: string;
  queryId: string;
  text: string;
  /** Of the statement, the transaction, the state it is in. */
  runningMs: number;
  transactionMs: number;
  stateMs: number;
  blockedBy: number[];
  traceId: string;
  spanId: string;
}

export function readSession(event: Event): Session {
  return {
    timeMs: event.timeMs,
    pid: event.number(KEYS.pid),
    database: event.text(KEYS.database),
    role: event.text(KEYS.role),
    application: event.text(KEYS.application),
    state: event.text(KEYS.state),
    waitEventType: event.text(KEYS.waitType),
    waitEvent: event.text(KEYS.wait),
    queryId: event.text(KEYS.queryId),
    text: event.text(KEYS.text),
    runningMs: event.number(KEYS.running) * 1000,
    transactionMs: event.number(KEYS.transaction) * 1000,
    stateMs: event.number(KEYS.unchanged) * 1000,
    blockedBy: (event.text(KEYS.blockedBy).match(/\d+/g) ?? []).map(Number),
    traceId: event.traceId,
    spanId: event.spanId,
  };
}

/** When the newest sample of the interval was taken; 0 where none was. */
export function* lastSampleSteps(live: Live, interval: Interval): Steps<number> {
  const series = yield* pointSteps(live, METRICS.blocked, interval);
  return series.reduce((last, { points }) => Math.max(last, points.at(-1)?.timeMs ?? 0), 0);
}

export interface Stretches {
  /** So many were taken in the interval. */
  samples: number;
  /** Idle sessions in the last of them. */
  idle: number;
  /** The beginning of each stretch. */
  timesMs: number[];
  stepMs: number;
  series: { state: string; waitEventType: string; waitEvent: string; values: (number | null)[] }[];
}

/** So many sessions on average of each stretch's samples; null where none was taken. Idle ones are left out. */
export function* historySteps(live: Live, { fromMs, toMs }: Interval, count: number): Steps<Stretches> {
  const stepMs = Math.max(1000, Math.ceil((toMs - fromMs) / count / 1000) * 1000);
  // Stretches begin at multiples of their length, so that what is asked again a second later falls into the same ones.
  const first = Math.floor(fromMs / stepMs);
  const length = Math.max(1, Math.min(count + 1, Math.ceil(toMs / stepMs) - first));
  const slot = (ms: number): number => Math.min(length - 1, Math.max(0, Math.floor(ms / stepMs) - first));
  const interval = { fromMs, toMs };
  const samples = new Array<number>(length).fill(0);
  for (const { points } of yield* pointSteps(live, METRICS.blocked, interval)) {
    const own = new Array<number>(length).fill(0);
    for (const { timeMs } of points) own[slot(timeMs)] = (own[slot(timeMs)] ?? 0) + 1;
    for (let i = 0; i < length; i++) samples[i] = Math.max(samples[i] ?? 0, own[i] ?? 0);
  }
  let idle = 0;
  const sums = new Map<string, number[]>();
  for (const { attributes, points } of yield* pointSteps(live, METRICS.sessions, interval)) {
    const state = attributes[KEYS.state] ?? '';
    if (state === 'idle') {
      // What is there no more was sent once more as 0.
      idle += points.at(-1)?.value ?? 0;
      continue;
    }
    const key = JSON.stringify([state, attributes[KEYS.waitType] ?? '', attributes[KEYS.wait] ?? '']);
    const sum = sums.get(key) ?? new Array<number>(length).fill(0);
    sums.set(key, sum);
    for (const { timeMs, value } of points) sum[slot(timeMs)] = (sum[slot(timeMs)] ?? 0) + value;
  }
  const series = [...sums]
    .filter(([, sum]) => sum.some((value) => value > 0))
    .map(([key, sum]) => {
      const [state, waitEventType, waitEvent] = JSON.parse(key) as [string, string, string];
      return { state, waitEventType, waitEvent, values: sum.map((value, i) => (samples[i] ? value / samples[i] : null)) };
    });
  const timesMs = Array.from({ length }, (_, i) => (first + i) * stepMs);
  return { samples: samples.reduce((all, one) => all + one, 0), idle, timesMs, stepMs, series };
}

/** The sessions of the interval's last sample, those that run longest first. */
export function* sessionSteps(live: Live, interval: Interval): Steps<Session[]> {
  const lastMs = yield* lastSampleSteps(live, interval);
  const recent = { fromMs: Math.max(interval.fromMs, lastMs - FRESH_MS), toMs: interval.toMs };
  const events = lastMs === 0 ? [] : yield* eventSteps(live, EVENTS.sample, KEYS.unchanged, recent);
  const newest = events.at(-1)?.timeMs;
  return events
    .filter(({ timeMs }) => timeMs === newest)
    .map(readSession)
    .sort((a, b) => b.runningMs - a.runningMs)
    .slice(0, MOST_SESSIONS);
}
