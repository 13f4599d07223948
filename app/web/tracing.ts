/**
 * The browser's part of the trace. Loaded after the page shows; from then on a click is the root span, its request a child, and the services' spans are
 * children of that. Spans go to the storefront they came from, which passes them on (app/relay.ts). No ids of users, no values of queries.
 */
import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { DocumentLoadInstrumentation } from '@opentelemetry/instrumentation-document-load';
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';
import { ATTRIBUTES, BROWSER, BROWSER_CLOCK, BROWSER_TRACES, type Click } from '../../telemetry/signals.ts';
import { rememberClick, watchVitals } from './vitals.ts';

/** A click whose answer is awaited. */
export interface ClickSpan {
  traceId: string;
  /** Runs `work`; the requests that it sends before it first waits are this click's. */
  run<T>(work: () => T): T;
  /** The answer is shown: its status, 0 where there was none. */
  end(status: number): void;
}

/** Starts tracing; returns what opens a click's span. */
export function startTracing(): (click: Click) => ClickSpan {
  const exporter = new OTLPTraceExporter({
    url: location.origin + BROWSER_TRACES,
    // Asked for anew with each attempt.
    headers: async () => ({ [BROWSER_CLOCK]: String(Date.now()) }),
  });
  const processor = new BatchSpanProcessor(exporter, {
    // The instrumentation ends a request's span 0.3 s after its answer: this way a click's spans travel together.
    scheduledDelayMillis: 500,
    // Below what a browser still sends while its page closes (64 KiB), and what the storefront takes.
    maxExportBatchSize: 25,
    maxQueueSize: 200,
  });
  const provider = new WebTracerProvider({
    resource: resourceFromAttributes({ 'service.name': BROWSER }),
    spanProcessors: [{ ...IDLE, onEnding: withoutQuery }, processor],
  });
  provider.register({ propagator: new W3CTraceContextPropagator() });
  const tracer = trace.getTracer(BROWSER);
  registerInstrumentations({
    instrumentations: [
      new DocumentLoadInstrumentation({
        applyCustomAttributesOnSpan: {
          documentFetch: (span) => linkToServer(span, performance.getEntriesByType('navigation')[0]),
          resourceFetch: linkToServer,
          documentLoad: (span) => watchVitals(tracer, trace.setSpan(context.active(), span)),
        },
      }),
      new FetchInstrumentation(),
    ],
  });
  return (click) => {
    const span = tracer.startSpan(click);
    const active = trace.setSpan(context.active(), span);
    rememberClick(performance.now(), active);
    return {
      traceId: span.spanContext().traceId,
      run: (work) => context.with(active, work),
      end: (status) => {
        if (status === 0 || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  };
}

const IDLE = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** What a visitor searched for is nobody's business. */
function withoutQuery(span: Span & { attributes: Record<string, unknown> }): void {
  const url = span.attributes[ATTRIBUTES.url];
  if (typeof url === 'string') span.setAttribute(ATTRIBUTES.url, url.replace(/[?#].*/, ''));
}

/** A page and its files are asked for before there is a span to be their parent: the storefront names its own in Server-Timing, and the two are linked. */
function linkToServer(span: Span, entry: PerformanceEntry | undefined): void {
  const { serverTiming = [] } = (entry ?? {}) as Partial<PerformanceResourceTiming>;
  const { description = '' } = serverTiming.find(({ name }) => name === 'traceparent') ?? {};
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(description) ?? [];
  if (traceId && spanId && flags)
    span.addLink({ context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true } });
}
