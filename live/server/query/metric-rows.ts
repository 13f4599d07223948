/** The series of a metric as the API shows them: points, quantiles, statistics. */

import { pointValue } from '../otlp/rows.ts';
import { over, type Steps } from '../store/slices.ts';
import { difference, type Histogram, quantile, total } from './histogram.ts';
import { groupSteps, type Merging as Kind, type Merged, mergeSteps, usualStepMs } from './metric-groups.ts';
import { type Exemplar, lastOfSlots, type Point, readSteps, type Slots, slotsOf } from './metric-points.ts';
import type { PointSeries } from './metric-series.ts';
import { rowBytes } from './row-bytes.ts';
import { histogramStatistics, measured, numberStatistics } from './statistics.ts';

interface Asked {
  groupBy: readonly string[];
  limit: number;
  points: number;
}

interface Rows {
  rows: object[];
  /** There are more than are shown. */
  more: boolean;
}

/** Points that one answer decodes and shows, over all of its series: a histogram costs some 15 microseconds, a number a tenth of that. */
const MOST_HISTOGRAMS = 4_000;
const MOST_NUMBERS = 40_000;
/** And of their encoded bytes: histograms may have thousands of buckets, each of which is an object once it is decoded. */
const MOST_BYTES = 4 * 2 ** 20;
/** Series by which the size of the points is guessed. */
const SOME_SERIES = 200;
/** Attributes of an answer, about. */
const MOST_ATTRIBUTE_BYTES = 4 * 2 ** 20;
/** Exemplars of a series: the highest of each of so many stretches of its time. */
const MOST_EXEMPLARS = 100;

/** Series as they are. */
export function* each(all: readonly PointSeries[], kind: Kind, { limit, points: asked }: Asked): Steps<Rows> {
  const series = fitting(all.slice(0, limit));
  const most = share(kind, series, asked);
  const rows: object[] = [];
  for (const one of series) rows.push(yield* seriesRow(one, kind, most));
  return { rows, more: all.length > series.length };
}

/** As many as an answer holds: one large text may be in each of them. */
function fitting(series: readonly PointSeries[]): readonly PointSeries[] {
  let bytes = 0;
  const to = series.findIndex(({ points: [first] }, i) => {
    if (first !== undefined) bytes += rowBytes(first.block, ['attributes', 'resource'])(first.row);
    return bytes > MOST_ATTRIBUTE_BYTES && i > 0;
  });
  return to < 0 ? series : series.slice(0, to);
}

function* seriesRow({ service, attributes, points: all }: PointSeries, kind: Kind, most: number): Steps<object> {
  const slots = slotsOf(all[0]?.timeMs ?? 0, all.at(-1)?.timeMs ?? 0, most);
  const points = yield* readSteps(picked(all, kind, slots, most));
  const timesMs = points.map(({ timeMs }) => timeMs);
  const exemplars = spread(points.flatMap((point) => point.exemplars));
  const histograms = points.flatMap(({ histogram }) => histogram ?? []);
  if (histograms.length === 0) {
    const values = points.map(({ value }) => value);
    // Numbers are cheap to read: the statistics are of all of them.
    const every = new Float64Array(all.length);
    yield* over(all.length, (from, to) => {
      for (let i = from; i < to; i++) every[i] = pointValue((all[i] as Point).block, (all[i] as Point).row);
    });
    const statistics = numberStatistics(
      measured(
        kind,
        all.map(({ timeMs }) => timeMs),
        every,
      ),
    );
    return { service, attributes, timesMs, values, counts: [], p50: [], p90: [], p99: [], statistics, exemplars };
  }
  const parts = histograms.map((one, i) => {
    const before = histograms[i - 1];
    return kind.delta || before === undefined ? one : difference(before, one);
  });
  yield;
  // The first cumulative point says what came since the process began, not since the point before.
  const inRange = kind.delta || parts.length === 1 ? parts : parts.slice(1);
  const statistics = histogramStatistics(total(inRange));
  yield;
  return { service, attributes, timesMs, ...histogramColumns(parts), statistics, exemplars };
}

/** Series merged by attributes. */
export function* grouped(series: readonly PointSeries[], kind: Kind, { groupBy, limit, points: asked }: Asked): Steps<Rows> {
  const keys = groupBy.filter((key) => key !== '');
  const { groups, more } = yield* groupSteps(series, keys, limit);
  const members = groups.flatMap((group) => group.members);
  const most = share(kind, members, asked);
  const slots = slotsOf(...rangeOf(members), most, Math.max(1000, usualStepMs(members)));
  const rows: object[] = [];
  let characters = 0;
  for (const group of groups) {
    const { service, attributes } = group;
    characters += Object.values(attributes).reduce<number>((sum, value) => sum + JSON.stringify(value).length, 0);
    if (characters > MOST_ATTRIBUTE_BYTES && rows.length > 0) break;
    const made = yield* mergeSteps(group, kind, slots, ({ points }) => picked(points, kind, slots, most));
    const timesMs = made.merged.map(({ timeMs }) => timeMs);
    const exemplars = spread(made.exemplars);
    rows.push({ service, attributes, timesMs, ...mergedColumns(made.merged, timesMs, kind), exemplars });
  }
  return { rows, more: more || rows.length < groups.length };
}

const isNumbers = ({ type }: Kind): boolean => type === 'gauge' || type === 'sum';

/** How many points of each of so many series an answer may hold: two at least, or no difference could be told. */
function share(kind: Kind, series: readonly PointSeries[], asked: number): number {
  const most = Math.min(isNumbers(kind) ? MOST_NUMBERS : MOST_HISTOGRAMS, MOST_BYTES / usualBytes(series));
  return Math.max(1, Math.min(asked, Math.max(2, Math.floor(most / Math.max(1, series.length)))));
}

/** What has to be decoded of a point: the mean of some. */
function usualBytes(series: readonly PointSeries[]): number {
  let [bytes, count] = [1, 1];
  for (const { points } of series.slice(0, SOME_SERIES)) {
    const { block, row } = points[points.length >> 1] as Point;
    const rest = block.columns.rest[row] as number;
    bytes += rest === 0 ? 0 : block.dictionary.view(rest - 1).length;
    count++;
  }
  return bytes / count;
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
