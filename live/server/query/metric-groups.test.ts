import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { at, query, type Result, stored } from '../testing/metrics.ts';
import { attributes } from '../testing/requests.ts';

describe('metrics grouped by attributes', () => {
  const values = (result: Result): [JsonObject, number[]][] => result.series.map((one) => [one.attributes, one.values]);
  const numbers = (route: string, pid: number, list: number[], from = 1): object[] =>
    list.map((value, n) => ({ ...at(from + n), asInt: String(value), attributes: attributes({ route, pid }) }));

  it('add sums, average gauges, and keep the keys alone', () => {
    const dataPoints = [...numbers('/a', 1, [1, 2, 4]), ...numbers('/a', 2, [10, 20, 40]), ...numbers('/b', 1, [5, 5, 5])];
    const sum = stored({ name: 'n', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } });
    const routes = [
      [{ route: '/a' }, [11, 22, 44]],
      [{ route: '/b' }, [5, 5, 5]],
    ];
    expect(values(query(sum, 'n', { groupBy: ['route'] }))).toEqual(routes);
    expect(values(query(sum, 'n', { groupBy: [''] }))).toEqual([[{}, [16, 27, 49]]]);
    expect(query(sum, 'n', { groupBy: ['service', 'route'] }).series.map(({ service }) => service)).toEqual(['shop', 'shop']);
    expect(query(sum, 'n', { groupBy: ['route'], limit: 1 })).toMatchObject({ truncated: true, series: [{}] });
    const gauge = stored({ name: 'n', gauge: { dataPoints } });
    expect(values(query(gauge, 'n', { groupBy: ['route'] }))[0]).toEqual([{ route: '/a' }, [5.5, 11, 22]]);
  });

  it('do not take a process that starts, restarts or ends for a jump of its counter', () => {
    const dataPoints = [
      ...numbers('/a', 1, [100, 110, 3, 13]),
      ...numbers('/a', 2, [1000, 1001], 3),
      ...numbers('/a', 3, [500, 501], 1),
    ];
    const live = stored({ name: 'n', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } });
    expect(values(query(live, 'n', { groupBy: ['route'] }))).toEqual([[{ route: '/a' }, [1600, 1611, 1614, 1625]]]);
  });

  it('merge histograms bucket by bucket before quantiles are read', () => {
    const point = (pid: number, second: number, bucketCounts: number[], sum: number): object => ({
      ...at(second),
      ...{ count: String(bucketCounts.reduce((a, b) => a + b)), sum, bucketCounts: bucketCounts.map(String) },
      ...{ explicitBounds: [10, 20], attributes: attributes({ pid }) },
    });
    const dataPoints = [
      ...[point(1, 1, [7, 0, 0], 7), point(1, 2, [97, 0, 0], 97)],
      ...[point(2, 1, [0, 5, 0], 75), point(2, 2, [0, 15, 0], 225)],
    ];
    const live = stored({ name: 'latency', histogram: { dataPoints, aggregationTemporality: 2 } });
    const [all] = query(live, 'latency', { groupBy: [''] }).series;
    // 90 values up to 10 and 10 values from 10 to 20 were added: the highest p50 of the two would be 15.
    expect(all).toMatchObject({ counts: [100], values: [2.4], timesMs: [1_800_000_002_000] });
    expect(all?.p50[0]).toBeCloseTo(10 * (50 / 90), 9);
    expect(all?.statistics).toMatchObject({ count: 100, p95: 15 });
  });

  it('add what deltas say in each slot', () => {
    const dataPoints = [...numbers('/a', 1, [1, 2, 4]), ...numbers('/a', 2, [10, 20, 40])];
    const live = stored({ name: 'n', sum: { dataPoints, aggregationTemporality: 1, isMonotonic: true } });
    expect(values(query(live, 'n', { groupBy: ['service'] }))).toEqual([[{}, [11, 22, 44]]]);
  });
});
