import { createNoopMeter, type Meter, type MeterProvider, type ObservableCallback } from '@opentelemetry/api';
import { Counter, Gauge, Registry } from 'prom-client';
import { METRICS } from './signals.ts';

/**
 * What the SDK kept, queued and dropped, as Prometheus metrics. The batch span processor reports on itself through an OpenTelemetry meter
 * (`otel.sdk.processor.span.*` of the semantic conventions); this meter passes those instruments on to prom-client.
 * A span that was lost has an `error_type`: `queue_full`, or the error's name when the export failed.
 */
export function spanCounts(registry = openMetricsRegistry()): { registry: Registry; meterProvider: MeterProvider } {
  const { spansProcessed, spanQueueSize, spanQueueCapacity } = METRICS;
  const processed = new Counter({
    name: spansProcessed.name,
    help: 'Spans the SDK has finished with; error_type is empty for those that were delivered.',
    labelNames: ['error_type'],
    registers: [registry],
  });
  const capacity = new Gauge({
    name: spanQueueCapacity.name,
    help: 'Spans the queue of the SDK can hold.',
    registers: [registry],
  });
  const observers = new Set<ObservableCallback>();
  new Gauge({
    name: spanQueueSize.name,
    help: 'Spans that wait in the SDK for their export.',
    registers: [registry],
    collect() {
      for (const observe of observers) observe({ observe: (value) => this.set(value) });
    },
  });
  processed.inc({ error_type: '' }, 0);
  processed.inc({ error_type: 'queue_full' }, 0);
  const noop = createNoopMeter();
  const meter: Meter = {
    ...noop,
    createGauge: noop.createGauge.bind(noop),
    createHistogram: noop.createHistogram.bind(noop),
    createObservableGauge: noop.createObservableGauge.bind(noop),
    createObservableCounter: noop.createObservableCounter.bind(noop),
    addBatchObservableCallback: noop.addBatchObservableCallback.bind(noop),
    removeBatchObservableCallback: noop.removeBatchObservableCallback.bind(noop),
    createCounter: (name, options) =>
      name === 'otel.sdk.processor.span.processed'
        ? { add: (count, attributes) => processed.inc({ error_type: String(attributes?.['error.type'] ?? '') }, count) }
        : noop.createCounter(name, options),
    createUpDownCounter: (name, options) =>
      name === 'otel.sdk.processor.span.queue.capacity'
        ? { add: (count) => capacity.inc(count) }
        : noop.createUpDownCounter(name, options),
    createObservableUpDownCounter: (name, options) =>
      name === 'otel.sdk.processor.span.queue.size'
        ? { addCallback: (callback) => observers.add(callback), removeCallback: (callback) => observers.delete(callback) }
        : noop.createObservableUpDownCounter(name, options),
  };
  return { registry, meterProvider: { getMeter: () => meter } };
}

/** A registry that writes OpenMetrics text, the only Prometheus format with exemplars; set before the first metric, as prom-client demands. */
export function openMetricsRegistry(): Registry {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  return registry;
}
