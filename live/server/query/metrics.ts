/** The metrics held, and the series of one with statistics. */

import { clip } from '../derive/clipped.ts';
import type { Live } from '../receive/live.ts';
import { atOnce, type Steps } from '../store/slices.ts';
import type { Merging as Kind } from './metric-groups.ts';
import { describer } from './metric-names.ts';
import { readSteps } from './metric-points.ts';
import { each, grouped } from './metric-rows.ts';
import { collectSteps, type MetricFilter } from './metric-series.ts';
import { metricsIn } from './point-index.ts';
import { NotFoundError } from './query.ts';

interface MetricRow {
  name: string;
  type: string;
  unit: string;
  description: string;
  services: string[];
  points: number;
  lastMs: number;
}

export interface MetricQuery extends MetricFilter {
  /** Keys to merge series by; [''] merges all into one, [] none. */
  groupBy: readonly string[];
  /** Series, or groups, at most. */
  limit: number;
  /** Points of each at most. */
  points: number;
}

const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'];
const DELTA = 1;
/** Characters of a list of metrics: it ends there. */
const MOST_LISTED = 8 * 2 ** 20;

/** Of what is held when it begins. */
export function* metricListSteps(live: Live, service: string): Steps<MetricRow[]> {
  const metrics = new Map<string, MetricRow & { of: Set<string> }>();
  let characters = 0;
  for (const block of [...live.metrics.blocks(service === '' ? undefined : service)]) {
    yield;
    const describe = describer(block);
    for (const [set, { points, lastMs }] of metricsIn(block, service)) {
      const { name, type, unit, description } = describe(set);
      let metric = metrics.get(name);
      if (metric === undefined) {
        characters += name.length + unit.length + description.length;
        if (characters > MOST_LISTED && metrics.size > 0) continue;
        metric = { name, type, unit, description, services: [], of: new Set(), points: 0, lastMs: 0 };
        metrics.set(name, metric);
      }
      metric.of.add(service || block.service);
      metric.points += points;
      metric.lastMs = Math.max(metric.lastMs, lastMs);
    }
  }
  return [...metrics.values()]
    .map(({ of, ...metric }) => ({ ...metric, services: [...of].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The same at one go. */
export const listMetrics = (...args: Parameters<typeof metricListSteps>): MetricRow[] => atOnce(metricListSteps(...args));

/** @throws NotFoundError where no point of that name is held */
export function* metricSteps(live: Live, name: string, query: MetricQuery): Steps<object> {
  const { metric, series, more, keys } = yield* collectSteps(live, name, query);
  if (metric === undefined)
    throw new NotFoundError(`no metric "${name.slice(0, 200)}" is held: /api/metrics lists those that are`);
  const { type, unit, description, temporality, monotonic } = metric;
  const kind: Kind = { type, delta: temporality === DELTA, monotonic };
  const made = query.groupBy.length === 0 ? yield* each(series, kind, query) : yield* grouped(series, kind, query);
  return {
    name,
    type,
    unit,
    description,
    temporality: TEMPORALITIES[temporality] ?? 'unspecified',
    monotonic,
    series: made.rows,
    truncated: more || made.more,
    keys,
  };
}

/** The same at one go. */
export const metricSeries = (...args: Parameters<typeof metricSteps>): object => atOnce(metricSteps(...args));

export interface LatestValue {
  service: string;
  series: string;
  timeMs: number;
  value: number;
}

/** The newest value of each of `most` series: a number, or a histogram's mean. */
export function* latestSteps(live: Live, name: string, service: string, most: number): Steps<LatestValue[]> {
  const { series } = yield* collectSteps(live, name, { service, attributes: [], fromMs: Number.NaN, toMs: Number.NaN });
  const values: LatestValue[] = [];
  for (const { service: of, attributes, points } of series.slice(0, most)) {
    const [last] = yield* readSteps(points.slice(-1));
    if (last === undefined) continue;
    const { timeMs, value, histogram } = last;
    const label = Object.entries(attributes).map(([key, one]) => `${key}=${typeof one === 'string' ? one : JSON.stringify(one)}`);
    const shown = histogram === undefined ? value : histogram.sum / histogram.count;
    values.push({ service: of, series: clip(label.join(', ')), timeMs, value: shown });
  }
  return values;
}
