import { ProxyTracerProvider, trace } from '@opentelemetry/api';

/** Sends the spans that still wait, for at most `milliseconds`, so that a service can exit right after; never throws, and does nothing where no SDK runs. */
export async function flushTelemetry(milliseconds: number): Promise<void> {
  const provider = trace.getTracerProvider();
  const sdk: object = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if (!('forceFlush' in sdk) || typeof sdk.forceFlush !== 'function') return;
  const timer = new Promise((resolve) => setTimeout(resolve, milliseconds));
  await Promise.race([sdk.forceFlush().catch(() => {}), timer]);
}
