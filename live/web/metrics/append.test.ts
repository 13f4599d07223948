import { expect, it } from 'vitest';
import { appendPoints, dropFirst, widestStep, withoutFirst } from './append.ts';
import { seriesWith } from './testing.ts';

const exemplar = (timeMs: number) => ({ timeMs, value: 1, traceId: 'a', spanId: 'b' });

it('goes on with newer points from where they begin, drops older ones, and takes in new series', () => {
  const held = { series: [seriesWith({ timesMs: [1, 2, 3], values: [10, 20, 30], exemplars: [exemplar(1), exemplar(3)] })] };
  const newer = {
    series: [
      seriesWith({ timesMs: [3, 4, 5], values: [31, 40, 50], exemplars: [exemplar(3), exemplar(5)] }),
      seriesWith({ service: 'new', timesMs: [5], values: [7] }),
    ],
  };
  const [orders, other] = appendPoints(held, newer, 2).series;
  expect(orders?.timesMs).toEqual([2, 3, 4, 5]);
  expect(orders?.values).toEqual([20, 31, 40, 50]);
  expect(orders?.exemplars.map(({ timeMs }) => timeMs)).toEqual([3, 5]);
  expect(other?.service).toBe('new');
});

it('keeps a series that has nothing new', () => {
  const held = { series: [seriesWith({ timesMs: [5, 6], values: [1, 2] })] };
  expect(appendPoints(held, { series: [] }, 0)).toEqual(held);
});

it('leaves out the first point of cumulative histograms, and of nothing else', () => {
  const series = [seriesWith({ timesMs: [1, 2], values: [9, 1], counts: [100, 2], p50: [9, 1], p90: [9, 1], p99: [9, 1] })];
  const [histogram] = withoutFirst({ type: 'histogram' as const, temporality: 'cumulative' as const, series }).series;
  expect(histogram).toMatchObject({ timesMs: [2], values: [1], counts: [2], p99: [1] });
  expect(withoutFirst({ type: 'sum' as const, temporality: 'cumulative' as const, series }).series).toEqual(series);
  expect(withoutFirst({ type: 'histogram' as const, temporality: 'delta' as const, series }).series).toEqual(series);
});

it('knows how far points are apart, so that a renewal reaches over the last of them', () => {
  const series = [seriesWith({ timesMs: [0, 1000, 11_000] }), seriesWith({ timesMs: [5] })];
  expect(widestStep({ series })).toBe(10_000);
  expect(widestStep({ series: [] })).toBe(0);
  expect(dropFirst({ series }).series.map(({ timesMs }) => timesMs)).toEqual([[1000, 11_000], []]);
});
