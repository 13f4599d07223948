/** The points of a series: so many of them as an answer can show, and what they say. */

import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { pointJson, pointValue } from '../otlp/rows.ts';
import type { PointBlock } from '../store/block.ts';
import { POINT_KINDS } from '../store/columns.ts';
import type { Steps } from '../store/slices.ts';
import { explicitHistogram, exponentialHistogram, type Histogram } from './histogram.ts';

export interface Point {
  block: PointBlock;
  row: number;
  timeMs: number;
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

/** Decodes points: a histogram costs some 15 microseconds, more with its buckets. */
export function* readSteps(points: readonly Point[]): Steps<ReadPoint[]> {
  const read: ReadPoint[] = [];
  for (const point of points) {
    read.push(readPoint(point));
    yield;
  }
  return read;
}

/** Decodes a point, once. */
function readPoint(point: Point): ReadPoint {
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
