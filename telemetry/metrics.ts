import { isSpanContextValid, type Span, TraceFlags } from '@opentelemetry/api';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { measureEventLoop } from './event-loop.ts';
import { DURATION_BUCKETS, LABELS, LAYOUT_SHIFT_BUCKETS, METRICS, SPAN_ID, TRACE_ID, VITAL_BUCKETS } from './signals.ts';
import { openMetricsRegistry } from './span-counts.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** The shop's metrics (names, labels and units: signals.ts) on a registry of their own, with Node's runtime metrics; OpenMetrics, for the exemplars. */
export function createMetrics(registry = openMetricsRegistry()) {
  collectDefaultMetrics({ register: registry });
  measureEventLoop(registry);
  const common = <K extends keyof typeof METRICS>(key: K, help: string) => ({
    name: METRICS[key].name,
    help,
    labelNames: METRICS[key].labels.map((label) => LABELS[label]),
    registers: [registry],
  });
  const withExemplars = (buckets: readonly number[]) => ({ buckets: [...buckets], enableExemplars: true });
  const histogram = withExemplars(DURATION_BUCKETS);
  return {
    registry,
    requestDuration: new Histogram({ ...common('requestDuration', 'Time to answer a request, in seconds.'), ...histogram }),
    activeRequests: new Gauge(common('activeRequests', 'Requests being answered.')),
    outboundDuration: new Histogram({
      ...common('outboundDuration', 'Time of one attempt to call another service, in seconds.'),
      ...histogram,
    }),
    poolConnections: new Gauge(common('poolConnections', 'Connections to PostgreSQL by state.')),
    poolWaiting: new Gauge(common('poolWaiting', 'Requests that wait for a connection to PostgreSQL.')),
    orders: new Counter(common('orders', 'Orders that reached an outcome.')),
    revenue: new Counter(common('revenue', 'Revenue of confirmed orders, in euros.')),
    targetInfo: new Gauge(common('targetInfo', 'The release that runs.')),
    faultActive: new Gauge(common('faultActive', 'Faults that are switched on.')),
    browserRequests: new Counter(common('browserRequests', "Requests with a page's spans, by what became of them.")),
    browserSpans: new Counter(common('browserSpans', "A page's spans that were passed on, or lost on the way.")),
    webVital: new Histogram({ ...common('webVital', 'Web Vitals of visits, in seconds.'), ...withExemplars(VITAL_BUCKETS) }),
    layoutShift: new Histogram({
      ...common('layoutShift', 'Cumulative layout shift of visits, a score.'),
      ...withExemplars(LAYOUT_SHIFT_BUCKETS),
    }),
    logLines: new Counter(common('logLines', 'Log lines written.')),
  };
}

/** Writes what `registries` hold as one OpenMetrics text. */
export function exposition(...registries: Registry[]): Promise<string> {
  const merged = Registry.merge(registries);
  merged.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  return merged.metrics();
}

/** Observes `seconds` with the span as exemplar, unless it is not sampled: a link to a trace that no store has would lead nowhere. */
export function observe(
  histogram: Histogram,
  labels: Record<string, string | number>,
  seconds: number,
  span: Span | undefined,
): void {
  const context = span?.spanContext();
  const sampled = context && isSpanContextValid(context) && context.traceFlags & TraceFlags.SAMPLED;
  const exemplarLabels = sampled ? { [TRACE_ID]: context.traceId, [SPAN_ID]: context.spanId } : {};
  // The one form that a histogram with exemplars takes, also for an observation without.
  histogram.observe({ labels, value: seconds, exemplarLabels });
}
