/** What of a metric is drawn: lines from its points. */
import { ratesOf } from '../../server/query/rates.ts';
import type { MetricSeries, Quantile, Series } from '../api/types.ts';

export const SHOWS = {
  value: 'Value',
  rate: 'Per second',
  quantiles: 'p50, p90, p99',
  p50: 'p50',
  p90: 'p90',
  p99: 'p99',
  mean: 'Mean',
} as const;
export type Show = keyof typeof SHOWS;

type Kind = Pick<MetricSeries, 'type' | 'monotonic' | 'temporality'>;

/** What a metric can be shown as; the first is the default. */
export function showsFor({ type, monotonic }: Kind): Show[] {
  if (type === 'histogram' || type === 'exponentialHistogram') return ['quantiles', 'p99', 'p90', 'p50', 'mean', 'rate'];
  if (type === 'summary') return ['mean', 'rate'];
  return type === 'sum' && monotonic ? ['rate', 'value'] : ['value'];
}

const INSTANCE = 'service.instance.id';

export interface Line {
  label: string;
  /** Which of the series it is drawn from: for its colour. */
  series: number;
  timesMs: readonly number[];
  values: readonly Quantile[];
}

/** The lines of all series; the labels are what tells the series apart. */
export function linesOf(metric: Kind & { series: readonly Series[] }, show: Show): Line[] {
  const labels = seriesLabels(metric.series);
  return metric.series.flatMap((series, index) => {
    const line = (label: string, values: readonly Quantile[]): Line => ({
      label,
      series: index,
      timesMs: series.timesMs,
      values,
    });
    const label = labels[index] ?? '';
    if (show === 'quantiles') {
      return (['p50', 'p90', 'p99'] as const).map((q) => line(label ? `${label} ${q}` : q, series[q]));
    }
    if (show === 'rate') return [line(label || 'per second', ratesOf(metric, series))];
    if (show === 'p50' || show === 'p90' || show === 'p99') return [line(label || show, series[show])];
    return [line(label || show, series.values)];
  });
}

/** Attributes, and the service where there are several, that are not the same in all series; '' for a single one. */
export function seriesLabels(all: readonly Pick<Series, 'service' | 'attributes'>[]): string[] {
  if (all.length < 2) return all.map(() => '');
  const keys = [...new Set(all.flatMap(({ attributes }) => Object.keys(attributes)))].sort();
  const telling = keys.filter((key) => new Set(all.map(({ attributes }) => String(attributes[key] ?? ''))).size > 1);
  const services = new Set(all.map(({ service }) => service)).size > 1;
  const labels = (shown: readonly string[]) =>
    all.map(({ service, attributes }) =>
      [...(services ? [service] : []), ...shown.map((key) => `${key}=${String(attributes[key] ?? '')}`)].join(', '),
    );
  // An instance's id is long and says little: it is left out where the rest tells all apart.
  const short = labels(telling.filter((key) => key !== INSTANCE));
  return new Set(short).size === all.length ? short : labels(telling);
}

/**
 * All lines on one axis of times: uPlot's form. Seconds since 1970, then one column of values per line: null where nothing was measured (the line
 * is broken), undefined where only other lines have a point (the line goes on).
 */
export function alignLines(lines: readonly Line[]): [number[], ...(number | null | undefined)[][]] {
  const times = [...new Set(lines.flatMap(({ timesMs }) => timesMs))].sort((a, b) => a - b);
  const at = new Map(times.map((time, i) => [time, i]));
  const columns = lines.map(({ timesMs, values }) => {
    const column: (number | null | undefined)[] = new Array(times.length).fill(undefined);
    timesMs.forEach((time, i) => {
      column[at.get(time) ?? 0] = values[i] ?? null;
    });
    return column;
  });
  return [times.map((ms) => ms / 1000), ...columns];
}

/** What the points of a line come to; null without any. The mean is the points', not what they measured. */
export function lineStatistics({ values }: Pick<Line, 'values'>): { lowest: Quantile; mean: Quantile; highest: Quantile } {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { lowest: null, mean: null, highest: null };
  const sum = known.reduce((total, value) => total + value, 0);
  return { lowest: Math.min(...known), mean: sum / known.length, highest: Math.max(...known) };
}
