import { describe, expect, it } from 'vitest';
import { difference, explicitHistogram, exponentialHistogram, quantile, total } from './histogram.ts';
import { Live } from './live.ts';
import type { JsonObject } from './protobuf-to-json.ts';
import { listMetrics, metricSeries } from './query-metrics.ts';
import { attributes, metrics, newId } from './testing/requests.ts';

const SECOND = 1_000_000_000n;
const START = 1_800_000_000n * SECOND;
const at = (second: number): object => ({
  startTimeUnixNano: String(START),
  timeUnixNano: String(START + BigInt(second) * SECOND),
});
const ALL = { service: '', attributes: [], fromMs: Number.NaN, toMs: Number.NaN };

interface Result {
  type: string;
  temporality: string;
  truncated: boolean;
  series: {
    service: string;
    attributes: JsonObject;
    values: number[];
    counts: number[];
    p50: number[];
    statistics: Record<string, number>;
    exemplars: object[];
  }[];
}

function stored(...list: object[]): Live {
  const live = new Live({ traces: 2 ** 20, metrics: 2 ** 24, logs: 2 ** 20 });
  for (const metric of list) live.take('metrics', metrics('shop', [metric]), 'key');
  return live;
}

const query = (live: Live, name: string, limit = 100, points = 1000): Result =>
  metricSeries(live, name, ALL, limit, points) as Result;

describe('metrics', () => {
  it('are listed with type, unit and services', () => {
    const live = stored({ name: 'queue', unit: '1', description: 'jobs', gauge: { dataPoints: [{ ...at(1), asInt: '1' }] } });
    live.take(
      'metrics',
      metrics('stock', [{ name: 'queue', unit: '1', gauge: { dataPoints: [{ ...at(2), asInt: '1' }] } }]),
      'key',
    );
    expect(listMetrics(live, '')).toEqual([
      {
        name: 'queue',
        type: 'gauge',
        unit: '1',
        description: 'jobs',
        services: ['shop', 'stock'],
        points: 2,
        lastMs: 1_800_000_002_000,
      },
    ]);
    expect(listMetrics(live, 'stock')[0]?.points).toBe(1);
    expect(listMetrics(live, 'none')).toEqual([]);
  });

  it('give numbers by series with exact statistics, integers and doubles alike', () => {
    const points = Array.from({ length: 100 }, (_, n) => ({
      ...at(99 - n),
      ...(n % 2 ? { asInt: String(100 - n) } : { asDouble: 100 - n }),
      attributes: attributes({ pool: 'a' }),
    }));
    const other = { ...at(1), asInt: '-7', attributes: attributes({ pool: 'b' }) };
    const result = query(stored({ name: 'queue', gauge: { dataPoints: [...points, other] } }), 'queue');
    expect(result.series.map(({ attributes: of }) => of)).toEqual([{ pool: 'a' }, { pool: 'b' }]);
    expect(result.series[0]?.values).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    expect(result.series[0]?.statistics).toEqual({
      count: 100,
      min: 1,
      max: 100,
      mean: 50.5,
      p50: 50,
      p90: 90,
      p95: 95,
      p99: 99,
    });
    expect(result.series[1]?.values).toEqual([-7]);
    const some = query(stored({ name: 'queue', gauge: { dataPoints: [...points, other] } }), 'queue', 1, 10);
    expect(some.truncated).toBe(true);
    expect(some.series[0]?.values).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
  });

  it('give what a cumulative histogram added from point to point, and start over after a reset', () => {
    const point = (second: number, bucketCounts: number[], sum: number): object => ({
      ...at(second),
      count: String(bucketCounts.reduce((a, b) => a + b)),
      sum,
      bucketCounts: bucketCounts.map(String),
      explicitBounds: [10, 20],
    });
    const dataPoints = [point(1, [5, 5, 0], 100), point(2, [5, 15, 0], 250), point(3, [1, 0, 0], 4)];
    const result = query(stored({ name: 'latency', histogram: { dataPoints, aggregationTemporality: 2 } }), 'latency');
    expect(result.temporality).toBe('cumulative');
    expect(result.series[0]?.counts).toEqual([10, 10, 1]);
    expect(result.series[0]?.values).toEqual([10, 15, 4]);
    expect(result.series[0]?.p50).toEqual([10, 15, 5]);
    expect(result.series[0]?.statistics).toMatchObject({ count: 11, mean: 14 });
  });

  it('keep exemplars with their traces', () => {
    const [traceId, spanId] = [newId(32), newId(16)];
    const exemplars = [{ timeUnixNano: String(START), asDouble: 0.5, traceId, spanId }];
    const live = stored({
      name: 'calls',
      sum: { dataPoints: [{ ...at(1), asInt: '1', exemplars }], aggregationTemporality: 2, isMonotonic: true },
    });
    expect(query(live, 'calls').series[0]?.exemplars).toEqual([
      { timeMs: Number(START / 1_000_000n), value: 0.5, traceId, spanId },
    ]);
  });

  it('of a summary give count and mean', () => {
    const dataPoints = [{ ...at(1), count: '4', sum: 2, quantileValues: [{ quantile: 0.5, value: 0.4 }] }];
    expect(query(stored({ name: 'gc', summary: { dataPoints } }), 'gc').series[0]).toMatchObject({ counts: [4], values: [0.5] });
  });
});

describe('histograms', () => {
  it('without bounds are valid: one bucket for all, quantiles from min and max where they are there', () => {
    const bare = explicitHistogram({ count: '3', sum: 6, bucketCounts: ['3'], explicitBounds: [] });
    expect(quantile(bare, 0.5)).toBeNaN();
    const bounded = explicitHistogram({ count: '3', sum: 6, min: 1, max: 3, bucketCounts: ['3'] });
    expect(quantile(bounded, 0.5)).toBe(2);
    expect(quantile(explicitHistogram({ count: '3', sum: 6 }), 0.5)).toBeNaN();
    expect(quantile(explicitHistogram({}), 0.99)).toBeNaN();
  });

  it('with exponential buckets put quantiles where the values were', () => {
    // 100 values of 8 and 1 of 1000 at scale 3, and two zeros
    const scale = 3;
    const index = (value: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1;
    const bucketCounts = new Array<string>(index(1000) - index(8) + 1).fill('0');
    bucketCounts[0] = '100';
    bucketCounts[bucketCounts.length - 1] = '1';
    const histogram = exponentialHistogram({
      count: '103',
      sum: 1800,
      scale,
      zeroCount: '2',
      positive: { offset: index(8), bucketCounts },
    });
    expect(quantile(histogram, 0.5)).toBeGreaterThan(7.3);
    expect(quantile(histogram, 0.5)).toBeLessThanOrEqual(8);
    expect(quantile(histogram, 1)).toBeGreaterThanOrEqual(1000);
    expect(quantile(histogram, 0.01)).toBe(0);
  });

  it('subtract and add by bucket', () => {
    const make = (bucketCounts: string[]): ReturnType<typeof explicitHistogram> =>
      explicitHistogram({
        count: String(bucketCounts.map(Number).reduce((a, b) => a + b)),
        sum: 1,
        bucketCounts,
        explicitBounds: [1, 2],
      });
    expect(difference(make(['1', '2', '3']), make(['2', '2', '5'])).buckets.map(({ count }) => count)).toEqual([1, 0, 2]);
    expect(total([make(['1', '2', '3']), make(['1', '0', '1'])]).buckets.map(({ count }) => count)).toEqual([2, 2, 4]);
  });
});
