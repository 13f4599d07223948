import {
  AggregationType,
  createAllowListAttributesProcessor,
  type DataPoint,
  MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Registry } from 'prom-client';
import { LABELS, METRICS } from './signals.ts';

/** Read when Prometheus asks, so that nothing runs in between. */
class SpanCountReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** For NodeSDK's `metricReaders`. */
export const spanCountReader = new SpanCountReader();

/** What instrumentations measure as well, which the shop's own histograms do with exemplars: kept by nobody. */
export const UNREAD_METRICS: ViewOptions[] = ['http.*', 'db.*', 'nodejs.*', 'v8js.*'].map((instrumentName) => ({
  instrumentName,
  aggregation: { type: AggregationType.DROP },
  // Without attributes a point to drop is found the soonest.
  attributesProcessors: [createAllowListAttributesProcessor([])],
}));

/** A registry that writes OpenMetrics text, the only Prometheus format with exemplars; set before the first metric, as prom-client demands. */
export function openMetricsRegistry(): Registry {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  return registry;
}

/**
 * What the SDK kept, queued and dropped, as Prometheus metrics: its own instruments (`otel.sdk.processor.span.*` of the semantic conventions); a service serves
 * this registry beside its own. A span that was lost has an `error_type`: `queue_full`, or the error's name when the export failed.
 */
export const spanMetrics = openMetricsRegistry();
addMetric('spansProcessed', 'processed', 'Spans the SDK has finished with; error_type is empty for those that were delivered.');
addMetric('spanQueueSize', 'queue.size', 'Spans that wait in the SDK for their export.');
addMetric('spanQueueCapacity', 'queue.capacity', 'Spans the queue of the SDK can hold.');

function addMetric(key: 'spansProcessed' | 'spanQueueSize' | 'spanQueueCapacity', instrument: string, help: string): void {
  const { name, type, labels } = METRICS[key];
  const options = { name, help, labelNames: labels.map((label) => LABELS[label]), registers: [spanMetrics] };
  const metric: Counter | Gauge = type === 'counter' ? new Counter({ ...options, collect }) : new Gauge({ ...options, collect });
  async function collect(): Promise<void> {
    // Nothing before the SDK runs.
    const { resourceMetrics } = await spanCountReader.collect().catch(() => ({ resourceMetrics: undefined }));
    const all = resourceMetrics?.scopeMetrics.flatMap(({ metrics }) => metrics);
    const counted = all?.find(({ descriptor }) => descriptor.name === `otel.sdk.processor.span.${instrument}`)?.dataPoints;
    metric.reset();
    if (type === 'counter') for (const none of ['', 'queue_full']) metric.inc({ [LABELS.errorType]: none }, 0);
    for (const { attributes, value } of (counted ?? []) as DataPoint<number>[])
      metric.inc(type === 'counter' ? { [LABELS.errorType]: String(attributes['error.type'] ?? '') } : {}, value);
  }
}
