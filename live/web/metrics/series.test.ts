import { describe, expect, it } from 'vitest';
import { alignLines, lineStatistics, linesOf, seriesLabels, showsFor } from './series.ts';
import { seriesWith as series } from './testing.ts';

describe('what a metric is shown as', () => {
  it('follows its type', () => {
    expect(showsFor({ type: 'gauge', monotonic: false, temporality: 'unspecified' })).toEqual(['value']);
    expect(showsFor({ type: 'sum', monotonic: true, temporality: 'cumulative' })[0]).toBe('rate');
    expect(showsFor({ type: 'sum', monotonic: false, temporality: 'cumulative' })).toEqual(['value']);
    expect(showsFor({ type: 'exponentialHistogram', monotonic: false, temporality: 'delta' })[0]).toBe('quantiles');
  });
});

describe('rates', () => {
  const timesMs = [0, 1000, 3000, 4000];

  it('of cumulative sums are differences, and a reset counts from zero', () => {
    const counter = { type: 'sum', monotonic: true, temporality: 'cumulative' } as const;
    const [line] = linesOf({ ...counter, series: [series({ timesMs, values: [10, 15, 25, 3] })] }, 'rate');
    expect(line?.values).toEqual([null, 5, 5, 3]);
  });

  it('of delta sums and of histograms are what came, over the time it took', () => {
    const delta = { type: 'sum', monotonic: true, temporality: 'delta' } as const;
    expect(linesOf({ ...delta, series: [series({ timesMs, values: [1, 2, 4, 1] })] }, 'rate')[0]?.values).toEqual([
      null,
      2,
      2,
      1,
    ]);
    const histogram = { type: 'histogram', monotonic: false, temporality: 'cumulative' } as const;
    expect(linesOf({ ...histogram, series: [series({ timesMs, counts: [9, 4, 4, 0] })] }, 'rate')[0]?.values).toEqual([
      null,
      4,
      2,
      0,
    ]);
  });
});

describe('labels', () => {
  it('say only what tells series apart', () => {
    const all = [
      { service: 'orders', attributes: { route: '/a', method: 'GET' } },
      { service: 'orders', attributes: { route: '/b', method: 'GET' } },
    ];
    expect(seriesLabels(all)).toEqual(['route=/a', 'route=/b']);
    expect(seriesLabels(all.slice(0, 1))).toEqual(['']);
    expect(
      seriesLabels([
        { service: 'a', attributes: {} },
        { service: 'b', attributes: {} },
      ]),
    ).toEqual(['a', 'b']);
    const instances = all.map((one, i) => ({ ...one, attributes: { ...one.attributes, 'service.instance.id': `id-${i}` } }));
    expect(seriesLabels(instances)).toEqual(['route=/a', 'route=/b']);
    const twins = instances.map((one) => ({ ...one, attributes: { ...one.attributes, route: '/a' } }));
    expect(seriesLabels(twins)).toEqual(['service.instance.id=id-0', 'service.instance.id=id-1']);
  });
});

it('lines with different times share one axis, and are broken only where nothing was measured', () => {
  const lines = [
    { label: 'a', series: 0, timesMs: [1000, 3000], values: [1, null] },
    { label: 'b', series: 1, timesMs: [2000], values: [2] },
  ];
  expect(alignLines(lines)).toEqual([
    [1, 2, 3],
    [1, undefined, null],
    [undefined, 2, undefined],
  ]);
});

it('a line comes to what its points are, gaps left out', () => {
  expect(lineStatistics({ values: [null, 4, 1, null, 7] })).toEqual({ lowest: 1, mean: 4, highest: 7 });
  expect(lineStatistics({ values: [null] })).toEqual({ lowest: null, mean: null, highest: null });
});
