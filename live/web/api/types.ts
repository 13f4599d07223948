/** Answers of the query API, as live/openapi.yml writes them. Times are milliseconds since 1970, quantiles null where nothing was measured. */

export type Quantile = number | null;

export interface Session {
  via: 'key' | 'cookie';
  version: string;
  timeMs: number;
  /** Addresses of the other tools; `{traceId}` and `{service}` are for the page to fill in. */
  links: Record<string, string>;
}

export interface ServiceHistory {
  service: string;
  history: { firstSecond: number; requests: number[]; errors: number[]; p99Ms: Quantile[] } | null;
}

export interface TraceSummary {
  traceId: string;
  service: string;
  operation: string;
  startMs: number;
  durationMs: number;
  spans: number;
  errors: number;
  rootMissing: boolean;
  services: { service: string; spans: number; errors: number }[];
}

interface Stretch {
  spanId: string;
  startMs: number;
  durationMs: number;
}

export interface Analysis {
  totals: { orphans: number; cycles: number };
  criticalPath: Stretch[];
  selfTime: { service: string; selfMs: number; share: number }[];
  bottleneck: { spanId: string; service: string; operation: string; selfMs: number; share: number } | null;
}

export interface LogRecord {
  timeMs: number;
  service: string;
  level: string;
  body: string;
  traceId: string;
  spanId: string;
  attributes: Record<string, unknown>;
}

export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';

export interface Metric {
  name: string;
  type: MetricType;
  unit: string;
  description: string;
  services: string[];
  points: number;
  lastMs: number;
}

export interface Exemplar {
  timeMs: number;
  value: number;
  traceId: string;
  spanId: string;
}

export interface Statistics {
  count: number;
  min: Quantile;
  max: Quantile;
  mean: Quantile;
  p50: Quantile;
  p90: Quantile;
  p95: Quantile;
  p99: Quantile;
}

export interface Series {
  service: string;
  attributes: Record<string, unknown>;
  timesMs: number[];
  values: Quantile[];
  counts: number[];
  p50: Quantile[];
  p90: Quantile[];
  p99: Quantile[];
  statistics: Statistics;
  exemplars: Exemplar[];
}

export interface MetricSeries {
  name: string;
  type: MetricType;
  unit: string;
  description: string;
  temporality: 'unspecified' | 'delta' | 'cumulative';
  monotonic: boolean;
  truncated: boolean;
  keys: string[];
  series: Series[];
}

export interface Counts {
  received: number;
  held: number;
  evicted: number;
  rejected: number;
  /** Came before: kept once. */
  duplicate: number;
}

export interface Ledger {
  signals: (Counts & {
    signal: string;
    bytes: number;
    capBytes: number;
    oldestMs: number | null;
    keys: (Counts & { key: string; reasons: Record<string, number> })[];
  })[];
  requests: { signal: string; transport: string; key: string | null; accepted: number; refused: Record<string, number> }[];
}
