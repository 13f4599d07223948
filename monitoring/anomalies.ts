import { LABELS, METRICS } from '../telemetry/signals.ts';
import { rateOver, SERVED, sum } from './names/promql.ts';

/**
 * What is compared with its own past, for each service: whether a number is right nobody knows, but whether it is usual its past says.
 * Two bands (rules/anomaly-rules.ts), after the methods of grafana/promql-anomaly-detection: "adaptive" follows the last hour and widens where the
 * number swings; "robust" stands on the median of a day, which no outlier moves.
 */
export const ANOMALIES = {
  rate: {
    says: 'requests a second',
    level: sum(rateOver('2m', SERVED), LABELS.service),
    least: 1,
    because: 'half a visitor more or less is chance',
    alert: 'RateUnusual',
  },
  p95: {
    says: 'the time within which 19 of 20 requests are answered',
    level: `histogram_quantile(0.95, ${sum(rateOver('5m', `${METRICS.requestDuration.name}_bucket`), 'le', LABELS.service)}) >= 0`,
    least: 0.1,
    because: 'nobody notices less, and below it a quantile jumps from bound to bound of its histogram',
    alert: 'LatencyUnusual',
  },
} as const satisfies Record<string, Anomaly>;

/**
 * How far back the bands look. Which row is used, says ANOMALY_WINDOWS in the environment of docker compose; the demo's is for a stack that
 * runs for an hour, and takes for usual what a day would not.
 */
export const ANOMALY_WINDOWS = {
  demo: { middle: '5m', smooth: '30m', median: '30m', level: '2m', seasons: [], interval: '15s' },
  production: { middle: '1h', smooth: '26h', median: '1d', level: '16m', seasons: ['1d', '7d'], interval: '2m' },
} as const satisfies Record<string, AnomalyWindows>;

export interface Anomaly {
  says: string;
  /** PromQL of the number, by service. */
  level: string;
  /** A band is never narrower than this to either side, in the number's unit. */
  least: number;
  because: string;
  alert: string;
}

/** Durations in Prometheus's notation. */
export interface AnomalyWindows {
  /** Adaptive: the middle of the band, and the swing around it. */
  middle: string;
  /** Adaptive: over which the swing is smoothed; a little more than a season, so that the width does not jump when one ends. */
  smooth: string;
  /** Robust: the median and the typical distance from it. */
  median: string;
  /** Robust: the level is a median too, over this. */
  level: string;
  /** What recurs: the band reaches to where the number was one season ago. */
  seasons: readonly string[];
  /** How often it is all evaluated. */
  interval: string;
}
