/** The metrics held, and the series of one with statistics. */

import { pointValue } from '../otlp/rows.ts';
import type { Live } from '../receive/live.ts';
import { difference, type Histogram, quantile, total } from './histogram.ts';
import { type Group, groupSeries, type Merging as Kind, type Merged, mergeGroup, usualStepMs } from './metric-groups.ts';
import {
  collect,
  type Exemplar,
  lastOfSlots,
  type MetricFilter,
  type Point,
  type PointSeries,
  readPoint,
  type Slots,
  slotsOf,
} from './metric-points.ts';
import { metricsIn } from './point-index.ts';
import { NotFoundError } from './query.ts';
import { histogramStatistics, measured, numberStatistics } from './statistics.ts';

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
/**
 * Points that one answer decodes and shows, over all of its series. A histogram costs some 15 microseconds and all of an answer is made at one go,
 * in which no frame is sent; a number costs a tenth of that.
 */
const MOST_HISTOGRAMS = 4_000;
const MOST_NUMBERS = 40_000;
/** Exemplars of a series: the highest of each of so many stretches of its time. */
const MOST_EXEMPLARS = 100;

export function listMetrics(live: Live, service: string): MetricRow[] {
  const metrics = new Map<string, MetricRow & { of: Set<string> }>();
  for (const block of live.metrics.blocks(service === '' ? undefined : service)) {
    for (const { described, points, lastMs } of metricsIn(block).values()) {
      const { name = '', type = '', unit = '', description = '' } = described as Record<string, string>;
      const metric = metrics.get(name) ?? { name, type, unit, description, services: [], of: new Set(), points: 0, lastMs: 0 };
      metrics.set(name, metric);
      metric.of.add(block.service);
      metric.points += points;
      metric.lastMs = Math.max(metric.lastMs, lastMs);
    }
  }
  return [...metrics.values()]
    .map(({ of, ...metric }) => ({ ...metric, services: [...of].sort() }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** @throws NotFoundError where no point of that name is held */
export function metricSeries(live: Live, name: string, query: MetricQuery): object {
  const { metric, series } = collect(live, name, query);
  if (metric === undefined)
    throw new NotFoundError(`no metric "${name.slice(0, 200)}" is held: /api/metrics lists those that are`);
  const kind: Kind = {
    type: String(metric.type),
    delta: Number(metric.temporality) === DELTA,
    monotonic: metric.monotonic === true,
  };
  const all =
    query.groupBy.length === 0
      ? series
      : groupSeries(
          series,
          query.groupBy.filter((key) => key !== ''),
        );
  const shown = all.slice(0, query.limit);
  return {
    name,
    type: kind.type,
    unit: metric.unit,
    description: metric.description,
    temporality: TEMPORALITIES[Number(metric.temporality)] ?? 'unspecified',
    monotonic: kind.monotonic,
    series:
      query.groupBy.length === 0
        ? each(shown as PointSeries[], kind, query.points)
        : merged(shown as Group[], kind, query.points),
    truncated: all.length > query.limit,
    keys: [...new Set(series.flatMap(({ attributes }) => Object.keys(attributes)))].sort(),
  };
}

/** The newest value of each series: a number, or a histogram's mean. */
export function latestValues(
  live: Live,
  name: string,
  service: string,
): { service: string; series: string; timeMs: number; value: number }[] {
  const { series } = collect(live, name, { service, attributes: [], fromMs: Number.NaN, toMs: Number.NaN });
  return series.flatMap(({ service: of, attributes, points }) => {
    const last = points.at(-1);
    if (last === undefined) return [];
    const { value, histogram } = readPoint(last);
    const label = Object.entries(attributes).map(([key, one]) => `${key}=${typeof one === 'string' ? one : JSON.stringify(one)}`);
    const shown = histogram === undefined ? value : histogram.sum / histogram.count;
    return [{ service: of, series: label.join(', '), timeMs: last.timeMs, value: shown }];
  });
}

const isNumbers = ({ type }: Kind): boolean => type === 'gauge' || type === 'sum';

/** How many points of each of so many series an answer may hold: two at least, or no difference could be told. */
function share(kind: Kind, series: number, asked: number): number {
  const most = isNumbers(kind) ? MOST_NUMBERS : MOST_HISTOGRAMS;
  return Math.max(1, Math.min(asked, Math.max(2, Math.floor(most / Math.max(1, series)))));
}

function rangeOf(series: readonly PointSeries[]): [fromMs: number, toMs: number] {
  const toMs = series.reduce((most, { points }) => Math.max(most, points.at(-1)?.timeMs ?? 0), 0);
  return [series.reduce((least, { points }) => Math.min(least, points[0]?.timeMs ?? least), toMs), toMs];
}

/** What of a series is read. What a delta says is lost with it, so that of those the newest are kept instead of one of each slot. */
function picked(points: readonly Point[], kind: Kind, slots: Slots, most: number): readonly Point[] {
  if (points.length <= most) return points;
  return kind.delta ? points.slice(-most) : lastOfSlots(points, slots).slice(-most);
}

function each(series: readonly PointSeries[], kind: Kind, asked: number): object[] {
  const most = share(kind, series.length, asked);
  return series.map(({ service, attributes, points: all }) => {
    const slots = slotsOf(all[0]?.timeMs ?? 0, all.at(-1)?.timeMs ?? 0, most);
    const points = picked(all, kind, slots, most).map(readPoint);
    const timesMs = points.map(({ timeMs }) => timeMs);
    const exemplars = spread(points.flatMap((point) => point.exemplars));
    const histograms = points.flatMap(({ histogram }) => histogram ?? []);
    if (histograms.length === 0) {
      const values = points.map(({ value }) => value);
      // Numbers are cheap to read: the statistics are of all of them.
      const statistics = numberStatistics(
        measured(
          kind,
          all.map(({ timeMs }) => timeMs),
          all.map(({ block, row }) => pointValue(block, row)),
        ),
      );
      return { service, attributes, timesMs, values, counts: [], p50: [], p90: [], p99: [], statistics, exemplars };
    }
    const parts = histograms.map((one, i) => {
      const before = histograms[i - 1];
      return kind.delta || before === undefined ? one : difference(before, one);
    });
    // The first cumulative point says what came since the process began, not since the point before.
    const inRange = kind.delta || parts.length === 1 ? parts : parts.slice(1);
    return {
      service,
      attributes,
      timesMs,
      ...histogramColumns(parts),
      statistics: histogramStatistics(total(inRange)),
      exemplars,
    };
  });
}

function merged(groups: readonly Group[], kind: Kind, asked: number): object[] {
  const members = groups.flatMap((group) => group.members);
  const most = share(kind, members.length, asked);
  const slots = slotsOf(...rangeOf(members), most, Math.max(1000, usualStepMs(members)));
  return groups.map((group) => {
    const made = mergeGroup(group, kind, slots, ({ points }) => picked(points, kind, slots, most));
    const { service, attributes } = group;
    const timesMs = made.merged.map(({ timeMs }) => timeMs);
    const exemplars = spread(made.exemplars);
    return { service, attributes, timesMs, ...mergedColumns(made.merged, timesMs, kind), exemplars };
  });
}

function mergedColumns(slots: readonly Merged[], timesMs: readonly number[], kind: Kind): object {
  const parts = slots.flatMap(({ added }) => added ?? []);
  if (!isNumbers(kind)) return { ...histogramColumns(parts), statistics: histogramStatistics(total(parts)) };
  const values = slots.map(({ value }) => value);
  return { values, counts: [], p50: [], p90: [], p99: [], statistics: numberStatistics(measured(kind, timesMs, values)) };
}

function histogramColumns(parts: readonly Histogram[]): object {
  return {
    values: parts.map(({ sum, count }) => (count === 0 ? Number.NaN : sum / count)),
    counts: parts.map(({ count }) => count),
    p50: parts.map((part) => quantile(part, 0.5)),
    p90: parts.map((part) => quantile(part, 0.9)),
    p99: parts.map((part) => quantile(part, 0.99)),
  };
}

/** The highest exemplar of each stretch, so that they lie over the whole time, in its order. */
function spread(exemplars: readonly Exemplar[]): Exemplar[] {
  const toMs = exemplars.reduce((most, { timeMs }) => Math.max(most, timeMs), 0);
  const fromMs = exemplars.reduce((least, { timeMs }) => Math.min(least, timeMs), toMs);
  const stretchMs = (toMs - fromMs) / MOST_EXEMPLARS || 1;
  const highest = new Map<number, Exemplar>();
  for (const one of exemplars) {
    const stretch = Math.min(MOST_EXEMPLARS - 1, Math.floor((one.timeMs - fromMs) / stretchMs));
    if (!(one.value <= (highest.get(stretch)?.value ?? Number.NEGATIVE_INFINITY))) highest.set(stretch, one);
  }
  return [...highest.values()].sort((a, b) => a.timeMs - b.timeMs);
}
