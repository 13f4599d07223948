/** OTLP out: metrics whose points are differences since the last flush, and log records with a trace context; both by the SDK. */
import { type Attributes, type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { type AnyValueMap, SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { TraceContext } from './sql-text.ts';

export interface Emitter {
  /** Adds to a counter; what was added between two flushes is one point, and 0 says that there is something to count. @param unit UCUM */
  count(name: string, unit: string, value: number, attributes: Attributes): void;
  /** Sets a gauge; what was not set since the last flush is not sent. */
  gauge(name: string, unit: string, value: number, attributes: Attributes): void;
  /** Sends a log record as an event, in the trace that caused it where one is known. */
  event(
    name: string,
    record: { body?: string; severity?: SeverityNumber; time?: Date; attributes: AnyValueMap; trace?: TraceContext | undefined },
  ): void;
  /** Sends the metrics collected since the last flush. Never throws: what could not be sent is lost, counted and told once. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Series of one metric, at most: 50 by time, 50 by calls and the rest in each of some tens of databases. */
const CARDINALITY = 5000;

/** How long one export may take, in milliseconds. */
const EXPORT_TIMEOUT = 2000;

/** @param otlp the base address of OTLP/HTTP and the headers to send, the key among them */
export function createEmitter(otlp: { endpoint: string; headers: Record<string, string> }, resource: Resource): Emitter {
  const { headers } = otlp;
  const common = { headers, timeoutMillis: EXPORT_TIMEOUT };
  const exporter = new OTLPMetricExporter({
    ...common,
    url: `${otlp.endpoint}/v1/metrics`,
    temporalityPreference: AggregationTemporalityPreference.DELTA,
  });
  const reader = new PeriodicExportingMetricReader({
    exporter,
    // Flushed by hand after each reading, so that a point is one interval of the database's counters.
    exportIntervalMillis: 2 ** 31 - 1,
    exportTimeoutMillis: EXPORT_TIMEOUT + 500,
    cardinalityLimits: { counter: CARDINALITY, gauge: CARDINALITY },
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const meter = meters.getMeter('sightline.database');
  const processor = new BatchLogRecordProcessor({
    exporter: new OTLPLogExporter({ ...common, url: `${otlp.endpoint}/v1/logs` }),
    scheduledDelayMillis: 200,
    maxQueueSize: 8192,
  });
  const logger = new LoggerProvider({ resource, processors: [processor] }).getLogger('sightline.database');
  const instruments = new Map<string, { add(value: number, attributes: Attributes): void }>();

  const instrument = (name: string, make: () => (value: number, attributes: Attributes) => void) => {
    const known = instruments.get(name) ?? { add: make() };
    instruments.set(name, known);
    return known;
  };
  return {
    count(name, unit, value, attributes) {
      if (value < 0) return;
      instrument(name, () => {
        const counter = meter.createCounter(name, { unit });
        return (value, attributes) => counter.add(value, attributes);
      }).add(value, attributes);
    },
    gauge(name, unit, value, attributes) {
      instrument(name, () => {
        const gauge = meter.createGauge(name, { unit });
        return (value, attributes) => gauge.record(value, attributes);
      }).add(value, attributes);
    },
    event(name, { body, severity = SeverityNumber.INFO, time = new Date(), attributes, trace: of }) {
      logger.emit({
        eventName: name,
        ...(body !== undefined && { body }),
        severityNumber: severity,
        severityText: (SeverityNumber[severity] ?? '').toLowerCase(),
        timestamp: time,
        attributes,
        context: contextOf(of),
      });
    },
    flush: () => meters.forceFlush().catch(() => {}),
    close: async () => {
      await Promise.allSettled([meters.shutdown(), processor.shutdown()]);
    },
  };
}

function contextOf(of: TraceContext | undefined): Context {
  if (!of) return ROOT_CONTEXT;
  const traceFlags = of.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: of.traceId, spanId: of.spanId, traceFlags, isRemote: true });
}
