import {
  AggregationType,
  createAllowListAttributesProcessor,
  type DataPoint,
  MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Registry } from 'prom-client';
import { METRICS } from './signals.ts';

/** Read when Prometheus asks, so that nothing runs in between. */
class SpanCountReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}

  /** What an instrument of the SDK has counted, by `error.type`; nothing before the SDK runs. */
  async read(name: string): Promise<{ errorType: string; value: number }[]> {
    const { resourceMetrics } = await this.collect().catch(() => ({ resourceMetrics: undefined }));
    const metrics = resourceMetrics?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    const points = metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    return (points as DataPoint<number>[]).map(({ attributes, value }) => ({
      errorType: String(attributes['error.type'] ?? ''),
      value,
    }));
  }
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

/**
 * What the SDK kept, queued and dropped, as Prometheus metrics: its own instruments (`otel.sdk.processor.span.*` of the semantic conventions). A span that was
 * lost has an `error_type`: `queue_full`, or the error's name when the export failed.
 */
function spanCounts(reader: SpanCountReader, registry = openMetricsRegistry()): Registry {
  const { spansProcessed, spanQueueSize, spanQueueCapacity } = METRICS;
  new Counter({
    name: spansProcessed.name,
    help: 'Spans the SDK has finished with; error_type is empty for those that were delivered.',
    labelNames: ['error_type'],
    registers: [registry],
    async collect() {
      const counts = await reader.read('otel.sdk.processor.span.processed');
      this.reset();
      for (const errorType of ['', 'queue_full']) this.inc({ error_type: errorType }, 0);
      for (const { errorType, value } of counts) this.inc({ error_type: errorType }, value);
    },
  });
  const gauge = (name: string, help: string, instrument: string) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set((await reader.read(instrument)).reduce((sum, { value }) => sum + value, 0));
      },
    });
  gauge(spanQueueSize.name, 'Spans that wait in the SDK for their export.', 'otel.sdk.processor.span.queue.size');
  gauge(spanQueueCapacity.name, 'Spans the queue of the SDK can hold.', 'otel.sdk.processor.span.queue.capacity');
  return registry;
}

/** The process's own counts of spans; a service serves this registry beside its own. */
export const spanMetrics = spanCounts(spanCountReader);

/** A registry that writes OpenMetrics text, the only Prometheus format with exemplars; set before the first metric, as prom-client demands. */
export function openMetricsRegistry(): Registry {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  return registry;
}
