/** A metric's points in a few figures. */
import { type Histogram, quantile } from './histogram.ts';
import type { Merging } from './metric-groups.ts';
import { ratesOf } from './rates.ts';

/** What of numbers is told in figures: of a counter its rate, since its own values say only how long it has run. */
export function measured(
  { type, delta, monotonic }: Merging,
  timesMs: readonly number[],
  values: readonly number[] | Float64Array,
): readonly number[] | Float64Array {
  if (type !== 'sum' || !monotonic) return values;
  const rates = ratesOf(
    { type, temporality: delta ? 'delta' : 'cumulative' },
    { timesMs, values: Array.from(values), counts: [] },
  );
  return rates.filter((rate) => rate !== null);
}

export function numberStatistics(values: readonly number[] | Float64Array): object {
  const sorted = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const rank = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
  return {
    count: sorted.length,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    mean: sorted.length === 0 ? Number.NaN : sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50: rank(0.5),
    p90: rank(0.9),
    p95: rank(0.95),
    p99: rank(0.99),
  };
}

export function histogramStatistics(histogram: Histogram): object {
  const { count, sum, min, max } = histogram;
  const at = (q: number): number => quantile(histogram, q);
  return {
    count,
    min,
    max,
    mean: count === 0 ? Number.NaN : sum / count,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
  };
}
