import type { Series } from '../api/types.ts';

/** A series for tests, empty but for what is given. */
export const seriesWith = (part: Partial<Series>): Series => ({
  service: 'orders',
  attributes: {},
  timesMs: [],
  values: [],
  counts: [],
  p50: [],
  p90: [],
  p99: [],
  statistics: { count: 0, min: null, max: null, mean: null, p50: null, p90: null, p95: null, p99: null },
  exemplars: [],
  ...part,
});
