/** Rates of a metric's points: for the answer's statistics and for the page's lines, which imports this very file. */

export interface RateKind {
  type: string;
  temporality: string;
}

export interface RatePoints {
  timesMs: readonly number[];
  values: readonly (number | null)[];
  /** Of histograms and summaries: how many were added since the point before. */
  counts: readonly number[];
}

/**
 * Per second since the point before; null for the first, whose beginning nobody knows, and where a value is missing. A cumulative sum that falls was reset
 * and counts from zero.
 */
export function ratesOf({ type, temporality }: RateKind, { timesMs, values, counts }: RatePoints): (number | null)[] {
  return timesMs.map((at, i) => {
    const seconds = (at - (timesMs[i - 1] ?? at)) / 1000;
    if (!(seconds > 0)) return null;
    if (type !== 'sum' && type !== 'gauge') return (counts[i] ?? 0) / seconds;
    const [value, before] = [values[i] ?? null, values[i - 1] ?? null];
    if (value === null || Number.isNaN(value)) return null;
    if (temporality === 'delta') return value / seconds;
    if (before === null || Number.isNaN(before)) return null;
    return (value >= before ? value - before : value) / seconds;
  });
}
