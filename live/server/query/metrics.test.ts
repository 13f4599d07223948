import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { at, query, SECOND, START, stored } from '../testing/metrics.ts';
import { attributes, metrics, newId } from '../testing/requests.ts';
import { difference, explicitHistogram, exponentialHistogram, type Histogram, quantile, total } from './histogram.ts';
import { listMetrics } from './metrics.ts';

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

  it.each([
    ['cumulative, with a reset and no start', 2, [10, 20, 40, 5, 15], [10, 20, 5, 10]],
    ['delta', 1, [10, 20, 40, 5, 15], [20, 40, 5, 15]],
  ])('give a counter (%s) the figures of its rate', (_, aggregationTemporality, values, rates) => {
    const dataPoints = values.map((value, i) => ({ timeUnixNano: String(START + BigInt(i) * SECOND), asInt: String(value) }));
    const live = stored({ name: 'requests', sum: { dataPoints, aggregationTemporality, isMonotonic: true } });
    for (const groupBy of [[], ['']]) {
      const [series] = query(live, 'requests', { groupBy }).series;
      expect(series?.statistics).toMatchObject({
        count: rates.length,
        min: Math.min(...rates),
        max: Math.max(...rates),
        mean: rates.reduce((a, b) => a + b) / rates.length,
      });
    }
    const level = stored({ name: 'requests', sum: { dataPoints, aggregationTemporality, isMonotonic: false } });
    expect(query(level, 'requests').series[0]?.statistics).toMatchObject({ count: 5, min: 5, max: 40 });
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
    const some = query(stored({ name: 'queue', gauge: { dataPoints: [...points, other] } }), 'queue', {
      limit: 1,
      points: 10,
    });
    expect(some.truncated).toBe(true);
    // One of each slot over the whole time, and the statistics still of all.
    expect(some.series[0]?.values).toEqual([5, 16, 27, 38, 49, 60, 71, 82, 93, 100]);
    expect(some.series[0]?.statistics).toEqual(result.series[0]?.statistics);
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

  it('show exemplars of the whole time, the highest of each stretch', () => {
    const dataPoints = Array.from({ length: 500 }, (_, n) => ({
      ...at(n),
      asInt: String(n),
      exemplars: [0.25, 0.5].map((asDouble) => ({ ...at(n), asDouble, traceId: newId(32), spanId: newId(16) })),
    }));
    const live = stored({ name: 'calls', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } });
    const shown = query(live, 'calls').series[0]?.exemplars ?? [];
    expect(shown).toHaveLength(100);
    expect(new Set(shown.map(({ value }) => value))).toEqual(new Set([0.5]));
    const seconds = shown.map(({ timeMs }) => timeMs / 1000 - Number(START / SECOND));
    // One in every five seconds, from the first to the last.
    for (const [i, second] of seconds.entries()) expect(Math.abs(second - 5 * i)).toBeLessThanOrEqual(5);
  });

  it('of many histograms are thinned to a bounded number, and lose nothing that was counted', () => {
    const dataPoints = Array.from({ length: 40 }, (_, series) =>
      Array.from({ length: 300 }, (_, n) => ({
        ...at(n),
        ...{ count: String(n * 3), sum: n, bucketCounts: [String(n * 2), String(n)], explicitBounds: [1] },
        attributes: attributes({ series }),
      })),
    ).flat();
    const result = query(stored({ name: 'latency', histogram: { dataPoints, aggregationTemporality: 2 } }), 'latency');
    expect(result.series).toHaveLength(40);
    for (const { timesMs, counts, statistics } of result.series) {
      expect(timesMs.length).toBeGreaterThan(50);
      expect(timesMs.length).toBeLessThanOrEqual(100);
      expect(timesMs.at(-1)).toBe(1_800_000_299_000);
      // The first point says what came before it.
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(299 * 3);
      expect(statistics.count).toBe(299 * 3 - (counts[0] ?? 0));
    }
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

  describe('with exponential buckets of different scales', () => {
    /** As an SDK counts: `values` at a scale, positive and negative. */
    const counted = (values: readonly number[], scale: number): Histogram => {
      const side = (sizes: readonly number[]): object => {
        const indices = sizes.map((size) => Math.ceil(Math.log2(size) * 2 ** scale) - 1);
        const offset = Math.min(...indices);
        const bucketCounts = new Array<number>(sizes.length === 0 ? 0 : Math.max(...indices) - offset + 1).fill(0);
        for (const index of indices) bucketCounts[index - offset] = (bucketCounts[index - offset] ?? 0) + 1;
        return sizes.length === 0 ? {} : { offset, bucketCounts: bucketCounts.map(String) };
      };
      return exponentialHistogram({
        count: String(values.length),
        sum: values.reduce((sum, value) => sum + value, 0),
        scale,
        zeroCount: String(values.filter((value) => value === 0).length),
        positive: side(values.filter((value) => value > 0)) as JsonObject,
        negative: side(values.filter((value) => value < 0).map((value) => -value)) as JsonObject,
      });
    };
    const shown = ({ buckets }: Histogram): number[][] =>
      buckets.filter(({ count }) => count > 0).map(({ low, high, count }) => [low, high, count]);
    const fine = [0.3, 0.31, 0.9, 3, 5, 5.5, 6.5, 7, -0.7, -12, 0];
    const coarse = [2, 5, 6, 100, 900, -0.6, 0];

    it.each([
      [6, 2],
      [3, 0],
      [1, -3],
    ])('add up at the coarser of %i and %i, as if all had been counted so', (finer, coarser) => {
      const together = total([counted(fine, finer), counted(coarse, coarser), counted(fine, finer)]);
      expect(shown(together)).toEqual(shown(counted([...fine, ...coarse, ...fine], coarser)));
      expect(quantile(together, 0.5)).toBe(quantile(counted([...fine, ...coarse, ...fine], coarser), 0.5));
    });

    it('say what came between two points of which the later is coarser, and add up with what came after it', () => {
      const [first, second] = [counted(fine, 6), counted([...fine, ...coarse], 1)];
      const third = counted([...fine, ...coarse, 4000], -1);
      expect(shown(difference(first, second))).toEqual(shown(counted(coarse, 1)));
      const both = total([difference(first, second), difference(second, third)]);
      expect(shown(both)).toEqual(shown(counted([...coarse, 4000], -1)));
    });

    it('keep their own where the coarser one counted nothing', () => {
      expect(shown(total([counted(fine, 4), counted([], -5)]))).toEqual(shown(counted(fine, 4)));
    });
  });
});
