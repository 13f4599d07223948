import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

/**
 * Wraps an exporter so that a backend that is away is told of once, in one line, and its return with the number of spans lost between.
 * What happens to the spans is not changed: the wrapped exporter retries, the processor's queue is bounded, its counters count.
 */
export function reportDelivery(exporter: SpanExporter, endpoint: string, say: (line: string) => void): SpanExporter {
  let lost = 0;
  return {
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
    shutdown: () => exporter.shutdown(),
    export(all, done) {
      const spans = all.filter(({ attributes }) => attributes['express.type'] !== 'router');
      if (spans.length === 0) return done({ code: ExportResultCode.SUCCESS });
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.FAILED) {
          if (lost === 0)
            say(
              `telemetry: no spans delivered to ${endpoint} (${result.error?.message ?? 'unknown error'}); check that it runs and its token`,
            );
          lost += spans.length;
        } else if (lost > 0) {
          say(`telemetry: spans are delivered to ${endpoint} again; ${lost} were lost`);
          lost = 0;
        }
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
      for (const span of spans) if (!span.parentSpanContext) print(requestLine(span));
      done({ code: ExportResultCode.SUCCESS });
    },
  };
}

function requestLine(span: ReadableSpan): string {
  const time = new Date(span.startTime[0] * 1000 + span.startTime[1] / 1e6).toISOString().slice(11, 23);
  const milliseconds = span.duration[0] * 1000 + span.duration[1] / 1e6;
  const status = span.attributes['http.response.status_code'] ?? '-';
  return `${time} ${span.name} ${status} ${milliseconds.toFixed(1)} ms trace=${span.spanContext().traceId}`;
}
