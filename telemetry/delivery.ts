import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';

/**
 * Wraps an exporter so that a backend that is away is told of once, in one line, and its return with the number of spans lost between.
 * What happens to the spans is not changed: the wrapped exporter retries, the processor's queue is bounded, its counters count.
 */
export function reportDelivery(exporter: SpanExporter, endpoint: string, say: (line: string) => void): SpanExporter {
  let lost = 0;
  return {
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
    export(all, done) {
      const spans = all.filter(({ attributes }) => attributes['express.type'] !== 'router');
      if (spans.length === 0) return done({ code: ExportResultCode.SUCCESS });
      exporter.export(spans, (result) => {
        const failed = result.code === ExportResultCode.FAILED;
        const why = result.error?.message ?? 'unknown error';
        if (failed && lost === 0) say(`telemetry: no spans delivered to ${endpoint} (${why}); check that it runs and its token`);
        if (!failed && lost > 0) say(`telemetry: spans are delivered to ${endpoint} again; ${lost} were lost`);
        lost = failed ? lost + spans.length : 0;
        done(result);
      });
    },
  };
}

/** Without an OTLP endpoint: one line for each request that began in this process, `12:00:01.234 GET /api/products 200 12.3 ms trace=...`. */
export function requestLines(print: (line: string) => void): SpanExporter {
  return {
    shutdown: async () => {},
    export(spans, done) {
      for (const span of spans.filter(({ parentSpanContext }) => !parentSpanContext)) {
        const { name, startTime, duration, attributes } = span;
        const time = new Date(startTime[0] * 1000 + startTime[1] / 1e6).toISOString().slice(11, 23);
        const milliseconds = (duration[0] * 1000 + duration[1] / 1e6).toFixed(1);
        const status = attributes['http.response.status_code'] ?? '-';
        print(`${time} ${name} ${status} ${milliseconds} ms trace=${span.spanContext().traceId}`);
      }
      done({ code: ExportResultCode.SUCCESS });
    },
  };
}
