/** The points of one metric by series, and so many of them as an answer can show. */

import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { pointJson, pointValue } from '../otlp/rows.ts';
import { plainAttributes, timeMs } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import type { PointBlock } from '../store/block.ts';
import { POINT_KINDS } from '../store/columns.ts';
import { explicitHistogram, exponentialHistogram, type Histogram } from './histogram.ts';
import { attributeTests, within } from './match.ts';
import { metricsIn } from './point-index.ts';

export interface MetricFilter {
  service: string;
  attributes: string[];
  /** NaN where there is no such bound. */
  fromMs: number;
  toMs: number;
}

export interface Point {
  block: PointBlock;
  row: number;
  timeMs: number;
}

export interface PointSeries {
  service: string;
  attributes: JsonObject;
  /** Of the resource: what may be grouped by besides. */
  resource: JsonObject;
  /** In the order of time once `collect` is through. */
  points: Point[];
}

export interface Exemplar {
  timeMs: number;
  value: number;
  traceId: string;
  spanId: string;
}

/** A point as it is shown: a number, or a histogram. */
export interface ReadPoint {
  timeMs: number;
  value: number;
  histogram: Histogram | undefined;
  exemplars: Exemplar[];
}

/** All points that match, by series; the metric's description as the newest block has it, undefined where no point of that name is held. */
export function collect(
  live: Live,
  name: string,
  filter: MetricFilter,
): { metric: JsonObject | undefined; series: PointSeries[] } {
  const series = new Map<string, PointSeries>();
  let metric: JsonObject | undefined;
  for (const block of live.metrics.blocks(filter.service === '' ? undefined : filter.service)) {
    const wanted = new Set<number>();
    for (const [set, { described, firstMs, lastMs }] of metricsIn(block)) {
      if (described.name !== name) continue;
      metric = described;
      if (!(lastMs < filter.fromMs) && !(firstMs > filter.toMs)) wanted.add(set);
    }
    const tests = wanted.size === 0 ? undefined : attributeTests(block, filter.attributes);
    if (tests === undefined) continue;
    const { columns } = block;
    const known = new Map<number, PointSeries>();
    for (let row = 0; row < block.committed; row++) {
      if (!wanted.has(columns.metric[row] as number)) continue;
      const ms = timeMs(columns.time, row);
      const attributes = columns.attributes[row] as number;
      const resource = columns.resource[row] as number;
      if (!within(ms, filter.fromMs, filter.toMs) || !tests.every((test) => test(attributes) || test(resource))) continue;
      const pair = resource * 2 ** 24 + attributes;
      const one = known.get(pair) ?? seriesOf(series, block, resource, attributes);
      known.set(pair, one);
      one.points.push({ block, row, timeMs: ms });
    }
  }
  for (const { points } of series.values()) points.sort((a, b) => a.timeMs - b.timeMs);
  return { metric, series: [...series.values()] };
}

/** A series is a service's resource with a set of attributes; of the resource the instance is shown, which is what tells two of a kind apart. */
function seriesOf(series: Map<string, PointSeries>, block: PointBlock, resource: number, attributes: number): PointSeries {
  const of = plainAttributes(block, resource);
  const own = plainAttributes(block, attributes);
  const key = JSON.stringify([block.service, of, Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const instance = of['service.instance.id'];
  const shown = instance === undefined ? own : { ...own, 'service.instance.id': instance };
  const one = series.get(key) ?? { service: block.service, attributes: shown, resource: of, points: [] };
  series.set(key, one);
  return one;
}

/** The end of each of `count` equal stretches of time, the length of which is a multiple of a second where it can be. */
export interface Slots {
  stepMs: number;
  of(ms: number): number;
}

export function slotsOf(fromMs: number, toMs: number, count: number, leastMs = 0): Slots {
  const exact = Math.max((toMs - fromMs) / Math.max(1, count - 1), leastMs);
  const stepMs = exact > 1000 ? Math.ceil(exact / 1000) * 1000 : Math.max(exact, 1e-3);
  return { stepMs, of: (ms) => Math.ceil(ms / stepMs) };
}

/**
 * The last point of each slot: of cumulative points the differences between these still say all that was added, of gauges it is what the slot came to.
 * @param points in the order of time
 */
export function lastOfSlots(points: readonly Point[], slots: Slots): Point[] {
  return points.filter(({ timeMs: ms }, i) => slots.of(points[i + 1]?.timeMs ?? Number.POSITIVE_INFINITY) !== slots.of(ms));
}

/** Decodes a point, once. */
export function readPoint(point: Point): ReadPoint {
  const { block, row, timeMs: ms } = point;
  const kind = POINT_KINDS[block.columns.kind[row] as number] ?? 'none';
  const json = block.columns.rest[row] === 0 ? {} : pointJson(point);
  const histogram = READERS[kind]?.(json);
  return { timeMs: ms, value: pointValue(block, row), histogram, exemplars: exemplarsOf(json) };
}

const READERS: Partial<Record<(typeof POINT_KINDS)[number], (point: JsonObject) => Histogram>> = {
  histogram: explicitHistogram,
  exponentialHistogram,
  summary: ({ count, sum }) => ({
    count: Number(count ?? 0),
    sum: Number(sum ?? 0),
    min: Number.NaN,
    max: Number.NaN,
    buckets: [],
  }),
};

function exemplarsOf({ exemplars }: JsonObject): Exemplar[] {
  return ((exemplars ?? []) as JsonObject[]).map(({ timeUnixNano, asDouble, asInt, traceId, spanId }) => ({
    timeMs: Number(timeUnixNano ?? 0) / 1e6,
    value: Number(asDouble ?? asInt ?? Number.NaN),
    traceId: String(traceId ?? ''),
    spanId: String(spanId ?? ''),
  }));
}
