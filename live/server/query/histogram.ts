/** Histogram points of OTLP as one shape: counts of buckets with their bounds, to subtract and to read quantiles from. */
import type { Json, JsonObject } from '../otlp/protobuf-to-json.ts';

export interface Histogram {
  count: number;
  sum: number;
  /** NaN where the point does not say. */
  min: number;
  max: number;
  /** In rising order. */
  buckets: Bucket[];
  /** Of an exponential histogram. */
  scale?: number;
}

interface Bucket {
  /** (low, high] and how many. */
  low: number;
  high: number;
  count: number;
  /** Its number at the histogram's scale, which negative values have as well; none for explicit bounds and for the values around zero. */
  index?: number;
}

const number = (value: Json | undefined, otherwise = 0): number => (value === undefined ? otherwise : Number(value));
const numbers = (value: Json | undefined): number[] => ((value ?? []) as Json[]).map(Number);

/** From a HistogramDataPoint. Without bounds there is one bucket for all, as OTLP allows. */
export function explicitHistogram(point: JsonObject): Histogram {
  const bounds = numbers(point.explicitBounds);
  const buckets = numbers(point.bucketCounts).map((count, i) => ({
    low: i === 0 ? Number.NEGATIVE_INFINITY : (bounds[i - 1] ?? Number.POSITIVE_INFINITY),
    high: bounds[i] ?? Number.POSITIVE_INFINITY,
    count,
  }));
  return { ...totals(point), buckets };
}

/** Buckets of one exponential histogram that are read, at most: OTLP sets no bound, its SDKs stop at 160. */
const MAX_BUCKETS = 10_000;

/** From an ExponentialHistogramDataPoint. */
export function exponentialHistogram(point: JsonObject): Histogram {
  const scale = number(point.scale);
  const side = (name: string, sign: 1 | -1): Bucket[] => {
    const { offset, bucketCounts } = (point[name] ?? {}) as JsonObject;
    const counts = numbers(bucketCounts).slice(0, MAX_BUCKETS);
    return counts.map((count, i) => exponentialBucket(number(offset) + i, scale, sign, count));
  };
  const threshold = number(point.zeroThreshold);
  const zero = { low: -threshold, high: threshold, count: number(point.zeroCount) };
  return { ...totals(point), buckets: [...side('negative', -1).reverse(), zero, ...side('positive', 1)], scale };
}

/** Bucket i of scale s holds (2^(i / 2^s), 2^((i + 1) / 2^s)], or what is of that size below zero. */
function exponentialBucket(index: number, scale: number, sign: 1 | -1, count: number): Bucket {
  const [near, far] = [sign * 2 ** (index * 2 ** -scale), sign * 2 ** ((index + 1) * 2 ** -scale)];
  return { low: Math.min(near, far), high: Math.max(near, far), count, index };
}

/**
 * The same histograms at the coarsest scale of any that counted something: only buckets of one scale have bounds in common. A coarser bucket holds
 * 2^(difference of the scales) finer ones whole, so that nothing is guessed. An SDK takes a coarser scale whenever its values spread further.
 */
function atOneScale(histograms: readonly Histogram[]): readonly Histogram[] {
  let coarsest = Number.POSITIVE_INFINITY;
  for (const { count, scale } of histograms) if (count > 0 && scale !== undefined) coarsest = Math.min(coarsest, scale);
  return histograms.map((one) => (one.scale === undefined || one.scale <= coarsest ? one : coarser(one, one.scale, coarsest)));
}

function coarser(histogram: Histogram, from: number, scale: number): Histogram {
  const buckets: Bucket[] = [];
  for (const bucket of histogram.buckets) {
    if (bucket.index === undefined) {
      buckets.push(bucket);
      continue;
    }
    const wide = exponentialBucket(Math.floor(bucket.index / 2 ** (from - scale)), scale, bucket.low < 0 ? -1 : 1, bucket.count);
    const last = buckets.at(-1);
    if (last?.index === wide.index && last?.low === wide.low) last.count += wide.count;
    else buckets.push(wide);
  }
  return { ...histogram, buckets, scale };
}

function totals(point: JsonObject): Omit<Histogram, 'buckets'> {
  return {
    count: number(point.count),
    sum: number(point.sum, Number.NaN),
    min: number(point.min, Number.NaN),
    max: number(point.max, Number.NaN),
  };
}

/** What came between two cumulative points; the later one itself after a reset. Min and max are not known for a stretch. */
export function difference(earlier: Histogram, later: Histogram): Histogram {
  if (later.count < earlier.count) return later;
  const [before = earlier, after = later] = atOneScale([earlier, later]);
  const { scale } = after;
  const stretch = { count: after.count - before.count, sum: after.sum - before.sum, min: Number.NaN, max: Number.NaN, scale };
  if (sameBounds(before, after)) {
    const less = (i: number): number => before.buckets[i]?.count ?? 0;
    return { ...stretch, buckets: after.buckets.map((one, i) => ({ ...one, count: Math.max(0, one.count - less(i)) })) };
  }
  const counts = new Map(before.buckets.map(({ low, high, count }) => [`${low},${high}`, count]));
  const buckets = after.buckets.map((bucket) => ({
    ...bucket,
    count: Math.max(0, bucket.count - (counts.get(`${bucket.low},${bucket.high}`) ?? 0)),
  }));
  return { ...stretch, buckets };
}

/** Nearly always so: nothing has to be looked up then. */
function sameBounds(a: Histogram, b: Histogram): boolean {
  return (
    a.buckets.length === b.buckets.length &&
    a.buckets.every(({ low, high }, i) => low === b.buckets[i]?.low && high === b.buckets[i]?.high)
  );
}

/** The sum of stretches. */
export function total(stretches: readonly Histogram[]): Histogram {
  const parts = atOneScale(stretches);
  const [first] = parts;
  const aligned = first !== undefined && parts.every((part) => sameBounds(first, part));
  const buckets = new Map<string, Bucket>();
  const inOrder = aligned ? first.buckets.map((bucket) => ({ ...bucket, count: 0 })) : [];
  const scale = parts.find(({ count }) => count > 0)?.scale;
  const sum = { count: 0, sum: 0, min: Number.NaN, max: Number.NaN, scale };
  for (const part of parts) {
    sum.count += part.count;
    sum.sum += part.sum;
    sum.min = least(sum.min, part.min, Math.min);
    sum.max = least(sum.max, part.max, Math.max);
    if (aligned) {
      part.buckets.forEach(({ count }, i) => {
        const bucket = inOrder[i];
        if (bucket !== undefined) bucket.count += count;
      });
      continue;
    }
    for (const bucket of part.buckets) {
      const name = `${bucket.low},${bucket.high}`;
      const known = buckets.get(name);
      if (known === undefined) buckets.set(name, { ...bucket });
      else known.count += bucket.count;
    }
  }
  if (aligned) return { ...sum, buckets: inOrder };
  return { ...sum, buckets: [...buckets.values()].sort((a, b) => a.low - b.low || a.high - b.high) };
}

const least = (a: number, b: number, of: (a: number, b: number) => number): number =>
  Number.isNaN(a) ? b : Number.isNaN(b) ? a : of(a, b);

/**
 * The q-quantile: linear within its bucket, as Prometheus' histogram_quantile, and never beyond min and max where they are known. In a bucket without
 * a lower or an upper bound it is the other bound; NaN where there is neither.
 */
export function quantile({ count, min, max, buckets }: Histogram, q: number): number {
  if (count === 0) return Number.NaN;
  const rank = q * count;
  let seen = 0;
  for (const bucket of buckets) {
    if (bucket.count === 0) continue;
    if (seen + bucket.count < rank) {
      seen += bucket.count;
      continue;
    }
    const low = Number.isNaN(min) ? bucket.low : Math.max(bucket.low, min);
    const high = Number.isNaN(max) ? bucket.high : Math.min(bucket.high, max);
    if (!Number.isFinite(low))
      return Number.isFinite(high) ? (high > 0 ? Math.max(0, high * ((rank - seen) / bucket.count)) : high) : Number.NaN;
    if (!Number.isFinite(high)) return low;
    return low + (high - low) * ((rank - seen) / bucket.count);
  }
  return max;
}
