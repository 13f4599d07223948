import { LABELS, METRICS, SERVICES } from '../../telemetry/signals.ts';

/** The services chosen in a dashboard's `service` variable. */
export const CHOSEN = `${LABELS.service}=~"$service"`;

/** The service that visitors reach; the others see its calls only. */
export const [ENTRANCE] = SERVICES;

/** Requests answered, by service, method, route and status. */
export const SERVED = `${METRICS.requestDuration.name}_count`;

/** `name{matchers}`. */
export const series = (name: string, ...matchers: string[]): string =>
  matchers.length ? `${name}{${matchers.join(',')}}` : name;

/** A counter's increase per second over `window`, e.g. `5m`. */
export const rateOver = (window: string, counter: string, ...matchers: string[]): string =>
  `rate(${series(counter, ...matchers)}[${window}])`;

/** A counter's increase per second, over at least four scrapes. */
export const rate = (counter: string, ...matchers: string[]): string => rateOver('$__rate_interval', counter, ...matchers);

/** `sum by (labels) (of)`; without labels the sum of all. */
export const sum = (of: string, ...labels: string[]): string =>
  labels.length ? `sum by (${labels.join(', ')}) (${of})` : `sum(${of})`;

/** The `q`-quantile of a classic histogram, in its own unit, by `labels`. */
export function quantile(q: number, histogram: string, labels: string[], ...matchers: string[]): string {
  return `histogram_quantile(${q}, ${sum(rate(`${histogram}_bucket`, ...matchers), 'le', ...labels)})`;
}

/** `part`, and 0 where only `whole` has a series: a counter of failures does not exist before the first failure. Same labels on both. */
export const orZero = (part: string, whole: string): string => `(${part} or 0 * ${whole})`;

/** Share of `whole`, 0 to 1; 0 where nothing failed. */
export const ratio = (part: string, whole: string): string => `${orZero(part, whole)} / ${whole}`;

/** The matcher of a classic histogram's bucket; Prometheus writes every bound with a decimal point. */
export const upTo = (bound: number): string => `le="${Number.isInteger(bound) ? bound.toFixed(1) : bound}"`;

/** The HTTP status codes that count as the service's own failure. */
export const FAILED = `${LABELS.status}=~"5.."`;
