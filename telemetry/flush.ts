import { ProxyTracerProvider, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';

/** Sends the spans and log records that still wait, for at most `milliseconds`, so that a service can exit right after; never throws, and does nothing where no SDK runs. */
export async function flushTelemetry(milliseconds: number): Promise<void> {
  const provider = trace.getTracerProvider();
  const sdks: object[] = [provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider, logs.getLoggerProvider()];
  const flushed = sdks.map(async (sdk) => 'forceFlush' in sdk && typeof sdk.forceFlush === 'function' && sdk.forceFlush());
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.allSettled(flushed), enough]);
  clearTimeout(timer);
}
