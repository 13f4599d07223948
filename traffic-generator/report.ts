/** What a run of the Node driver counted, in words. */
import type { RecordableHistogram } from 'node:perf_hooks';
import type { Limits } from './shapes.ts';

export interface Tally {
  /** Seconds since the start. */
  seconds: number;
  /** Arrivals, and those of them that found the shop full. Journeys started are `offered - dropped`. */
  offered: number;
  dropped: number;
  /** Journeys under way. */
  inFlight: number;
  /** Answers by HTTP status; 0 stands for no answer. */
  statuses: Map<number, number>;
  /** Answers that the journey did not expect. */
  failed: number;
  lastFailure?: { request: string; status: number; traceId?: string };
  /** Durations of requests in microseconds. */
  durations: Pick<RecordableHistogram, 'percentile' | 'max'>;
}

/** One line for while it runs. */
export function progressLine(tally: Tally): string {
  const { offered, dropped, inFlight } = tally;
  const parts = [
    clock(tally.seconds),
    `offered ${offered}`,
    `started ${offered - dropped}`,
    `dropped ${dropped}`,
    `in flight ${inFlight}`,
    `served ${served(tally)} (${byStatus(tally)})`,
    `p95 ${milliseconds(tally, 95)}`,
  ];
  return parts.join('  ');
}

/** The lines for when it is over; the last says whether the shop held the limits. */
export function summaryLines(tally: Tally, limits: Limits): string[] {
  const { offered, dropped, lastFailure: last } = tally;
  const broken = brokenLimits(tally, limits);
  return [
    `ran      ${clock(tally.seconds)}`,
    `offered  ${offered} journeys, ${(offered / tally.seconds).toFixed(1)} a second`,
    `started  ${offered - dropped}, dropped ${dropped}`,
    `served   ${served(tally)} requests, by status: ${byStatus(tally)}`,
    `failed   ${tally.failed}${last ? `, last: ${last.request} -> ${statusName(last.status)}${last.traceId ? `, trace ${last.traceId}` : ''}` : ''}`,
    `took     p50 ${milliseconds(tally, 50)}, p95 ${milliseconds(tally, 95)}, p99 ${milliseconds(tally, 99)}, max ${tally.durations.max / 1000} ms`,
    broken.length > 0 ? `limits broken: ${broken.join('; ')}` : 'limits held',
  ];
}

/** The limits that a run broke, each as a phrase with the figure and the limit. */
export function brokenLimits(tally: Tally, limits: Limits): string[] {
  const p95 = tally.durations.percentile(95) / 1e6;
  const figures: [string, number, number][] = [
    ['failed requests', tally.failed / Math.max(1, total(tally)), limits.failedRatio],
    ['dropped journeys', tally.dropped / Math.max(1, tally.offered), limits.droppedRatio],
  ];
  const broken = figures
    .filter(([, ratio, limit]) => ratio > limit)
    .map(([what, ratio, limit]) => `${what} ${percent(ratio)}, limit ${percent(limit)}`);
  return p95 > limits.p95Seconds ? [...broken, `p95 ${p95 * 1000} ms, limit ${limits.p95Seconds * 1000} ms`] : broken;
}

const total = ({ statuses }: Tally): number => [...statuses.values()].reduce((sum, count) => sum + count, 0);
const served = (tally: Tally): number => total(tally) - (tally.statuses.get(0) ?? 0);
const statusName = (status: number): string => (status === 0 ? 'no answer' : String(status));
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)}%`;
const milliseconds = ({ durations }: Tally, quantile: number): string =>
  `${(durations.percentile(quantile) / 1000).toFixed(1)} ms`;

function byStatus({ statuses }: Tally): string {
  const sorted = [...statuses].sort(([a], [b]) => a - b);
  return sorted.map(([status, count]) => `${statusName(status)}: ${count}`).join(', ') || 'none yet';
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${two(whole / 3600)}:${two((whole / 60) % 60)}:${two(whole % 60)}`;
}
