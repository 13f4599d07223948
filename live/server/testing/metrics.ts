/** Metrics of one service held, and asked for. */

import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { type MetricQuery, metricSeries } from '../query/metrics.ts';
import { Live } from '../receive/live.ts';
import { metrics } from './requests.ts';

export const SECOND = 1_000_000_000n;
export const START = 1_800_000_000n * SECOND;
/** The times of a point, so many seconds after START. */
export const at = (second: number): object => ({
  startTimeUnixNano: String(START),
  timeUnixNano: String(START + BigInt(second) * SECOND),
});
const ALL: MetricQuery = {
  ...{ service: '', attributes: [], fromMs: Number.NaN, toMs: Number.NaN },
  ...{ groupBy: [], limit: 100, points: 1000 },
};

export interface Result {
  type: string;
  temporality: string;
  truncated: boolean;
  series: {
    service: string;
    attributes: JsonObject;
    values: number[];
    timesMs: number[];
    counts: number[];
    p50: number[];
    statistics: Record<string, number>;
    exemplars: { timeMs: number; value: number }[];
  }[];
}

/** A live view that holds these metrics of one service. */
export function stored(...list: object[]): Live {
  const live = new Live({ traces: 2 ** 20, metrics: 2 ** 24, logs: 2 ** 20 });
  for (const metric of list) live.take('metrics', metrics('shop', [metric]), 'key');
  return live;
}

/** The answer of /api/metrics/{name}, with defaults for what is not given. */
export const query = (live: Live, name: string, part: Partial<MetricQuery> = {}): Result =>
  metricSeries(live, name, { ...ALL, ...part }) as Result;
