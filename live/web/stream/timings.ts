/** The page's own times: rings of the last values, and quantiles of them. */

export interface Ring {
  values: Float64Array;
  /** How many were ever pushed; the newest is at `(pushed - 1) % values.length`. */
  pushed: number;
}

export const ring = (capacity: number): Ring => ({ values: new Float64Array(capacity), pushed: 0 });

export function push(into: Ring, value: number): void {
  into.values[into.pushed++ % into.values.length] = value;
}

/** The values held, the oldest first. */
export function held({ values, pushed }: Ring): Float64Array {
  if (pushed <= values.length) return values.slice(0, pushed);
  const start = pushed % values.length;
  const out = new Float64Array(values.length);
  out.set(values.subarray(start));
  out.set(values.subarray(0, start), values.length - start);
  return out;
}

/** The smallest value that at least a share `q` of the values does not exceed (nearest rank); NaN without values. */
export function quantile(values: Float64Array, q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** The share of values that are at most `limit`; NaN without values. */
export function shareWithin(values: Float64Array, limit: number): number {
  let within = 0;
  for (const value of values) if (value <= limit) within++;
  return values.length === 0 ? Number.NaN : within / values.length;
}
