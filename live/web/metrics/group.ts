/**
 * Merges series that share an attribute. Points of several processes never fall on the same instant, so they are put into slots as long as the
 * series' usual step. Sums and counts add up, gauges and means are averaged (means by their counts). Quantiles cannot be merged from quantiles:
 * the highest of the group stands for it, and is named so.
 */
import type { MetricSeries, Quantile, Series } from '../api/types.ts';

/** Groups by an attribute, `service`, or all into one (`*`); '' leaves the series as they are. */
export function groupSeries<M extends Pick<MetricSeries, 'type' | 'series'>>(metric: M, by: string): M {
  if (by === '') return metric;
  const groups = new Map<string, Series[]>();
  for (const series of metric.series) {
    const name = groupOf(series, by);
    groups.set(name, [...(groups.get(name) ?? []), series]);
  }
  const stepMs = usualStep(metric.series);
  const adds = metric.type !== 'gauge';
  return { ...metric, series: [...groups].map(([name, all]) => merge(all, name, by, stepMs, adds)) };
}

function groupOf({ service, attributes }: Series, by: string): string {
  if (by === '*') return '';
  return by === 'service' ? service : String(attributes[by] ?? '');
}

function merge(all: readonly Series[], name: string, by: string, stepMs: number, adds: boolean): Series {
  const slots = new Map<number, { series: Series; at: number }[]>();
  for (const series of all) {
    series.timesMs.forEach((ms, at) => {
      const slot = Math.round(ms / stepMs);
      // The last point of a series in a slot counts: two would be counted twice.
      const others = (slots.get(slot) ?? []).filter((one) => one.series !== series);
      slots.set(slot, [...others, { series, at }]);
    });
  }
  const ordered = [...slots].sort(([a], [b]) => a - b);
  const counted = all.some(({ counts }) => counts.length > 0);
  const column = (of: (points: { series: Series; at: number }[]) => Quantile) => ordered.map(([, points]) => of(points));
  const highest = (q: 'p50' | 'p90' | 'p99') =>
    counted ? column((points) => most(points.map(({ series, at }) => series[q][at] ?? null))) : [];
  return {
    service: by === 'service' ? name : '',
    attributes: by === '*' || by === 'service' ? {} : { [by]: name },
    timesMs: ordered.map(([slot]) => slot * stepMs),
    values: column((points) =>
      counted ? mean(points, (series, at) => series.counts[at] ?? 0) : adds ? sum(points) : mean(points, () => 1),
    ),
    counts: counted
      ? ordered.map(([, points]) => points.reduce((total, { series, at }) => total + (series.counts[at] ?? 0), 0))
      : [],
    p50: highest('p50'),
    p90: highest('p90'),
    p99: highest('p99'),
    statistics: {
      count: all.reduce((total, { statistics }) => total + statistics.count, 0),
      min: least(all.map(({ statistics }) => statistics.min)),
      max: most(all.map(({ statistics }) => statistics.max)),
      ...{ mean: null, p50: null, p90: null, p95: null, p99: null },
    },
    exemplars: all.flatMap(({ exemplars }) => exemplars),
  };
}

type Points = readonly { series: Series; at: number }[];

function sum(points: Points): Quantile {
  const values = points.map(({ series, at }) => series.values[at] ?? null).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
}

function mean(points: Points, weightOf: (series: Series, at: number) => number): Quantile {
  let [total, weight] = [0, 0];
  for (const { series, at } of points) {
    const value = series.values[at];
    if (value === null || value === undefined) continue;
    total += value * weightOf(series, at);
    weight += weightOf(series, at);
  }
  return weight === 0 ? null : total / weight;
}

function most(values: readonly Quantile[]): Quantile {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function least(values: readonly Quantile[]): Quantile {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** The median distance of neighbouring points, at least a second. */
function usualStep(all: readonly Series[]): number {
  const steps = all.flatMap(({ timesMs }) => timesMs.slice(1).map((ms, i) => ms - (timesMs[i] ?? ms))).sort((a, b) => a - b);
  return Math.max(1000, steps[Math.floor(steps.length / 2)] ?? 1000);
}
