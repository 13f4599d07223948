import { expect, it } from 'vitest';
import { groupSeries } from './group.ts';
import { seriesWith } from './testing.ts';

const TIMES = [0, 10_000, 20_000];
const LATE = TIMES.map((ms) => ms + 1_300);

it('leaves series alone where nothing is grouped by', () => {
  const metric = { type: 'gauge' as const, series: [seriesWith({})] };
  expect(groupSeries(metric, '')).toBe(metric);
});

it('adds sums up, though processes report at different instants', () => {
  const series = [
    seriesWith({ attributes: { route: '/a', pid: 1 }, timesMs: TIMES, values: [1, 2, 3] }),
    seriesWith({ attributes: { route: '/a', pid: 2 }, timesMs: LATE, values: [10, 20, 30] }),
    seriesWith({ attributes: { route: '/b', pid: 1 }, timesMs: TIMES, values: [5, 5, 5] }),
  ];
  const grouped = groupSeries({ type: 'sum' as const, series }, 'route').series;
  expect(grouped.map(({ attributes, values }) => [attributes.route, values])).toEqual([
    ['/a', [11, 22, 33]],
    ['/b', [5, 5, 5]],
  ]);
});

it('averages gauges', () => {
  const series = [
    seriesWith({ timesMs: TIMES, values: [1, null, 3] }),
    seriesWith({ service: 'b', timesMs: LATE, values: [3, 8, 5] }),
  ];
  expect(groupSeries({ type: 'gauge' as const, series }, '*').series.map(({ values }) => values)).toEqual([[2, 8, 4]]);
  expect(groupSeries({ type: 'gauge' as const, series }, 'service').series.map(({ service }) => service)).toEqual([
    'orders',
    'b',
  ]);
});

it('adds counts of histograms, weighs means by them, and takes the highest quantile', () => {
  const series = [
    seriesWith({ timesMs: TIMES, values: [1, 1, 1], counts: [9, 9, 0], p50: [1, 1, null], p90: [2, 2, null], p99: [3, 3, null] }),
    seriesWith({
      timesMs: LATE,
      values: [11, 11, null],
      counts: [1, 1, 0],
      p50: [11, 0.5, null],
      p90: [12, 1, null],
      p99: [13, 1, null],
    }),
  ];
  const [all] = groupSeries({ type: 'histogram' as const, series }, '*').series;
  expect(all?.counts).toEqual([10, 10, 0]);
  expect(all?.values).toEqual([2, 2, null]);
  expect(all?.p99).toEqual([13, 3, null]);
});
