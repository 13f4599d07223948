import { metrics, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';

/** Sends what still waits, for at most `milliseconds`, so that a service can exit right after; never throws, and does nothing where no SDK runs. */
export async function flushTelemetry(milliseconds: number): Promise<void> {
  const traces = trace.getTracerProvider();
  const tracer = traces instanceof ProxyTracerProvider ? traces.getDelegate() : traces;
  const flushed = [tracer, logs.getLoggerProvider(), metrics.getMeterProvider()].map(
    async (sdk) => 'forceFlush' in sdk && typeof sdk.forceFlush === 'function' && sdk.forceFlush(),
  );
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.allSettled(flushed), enough]);
  clearTimeout(timer);
}
