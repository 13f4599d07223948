import { trace } from '@opentelemetry/api';
import pRetry, { AbortError } from 'p-retry';
import { type Metrics, observe } from '../telemetry/metrics.ts';
import { LABELS } from '../telemetry/signals.ts';
import { HttpError, unavailable } from './errors.ts';

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  /** Sent as `Idempotency-Key`: the callee does the work at most once, however often the call is made. */
  idempotencyKey?: string;
  /** For one attempt. */
  timeoutMilliseconds: number;
  attempts: number;
}

export type Client = <T>(path: string, call: Call) => Promise<T>;

/**
 * A client of one service, JSON in and out. Tries again, with jitter, what did not arrive or came back as 429 or 5xx; every call of the shop may be
 * repeated, because reads change nothing and writes carry an idempotency key.
 * Throws HttpError: the callee's own answer for 4xx and for its 503 `unavailable`, else 503 `unavailable` when all attempts failed.
 */
export function createClient(service: string, base: string | undefined, metrics: Pick<Metrics, 'outboundDuration'>): Client {
  if (!base)
    throw new Error(
      `${service.toUpperCase()}_URL is not set: the address of the service ${service}, for example http://${service}:8080`,
    );
  return async <T>(path: string, call: Call): Promise<T> => {
    try {
      return await pRetry(() => attempt<T>(service, new URL(path, base), call, metrics), {
        retries: call.attempts - 1,
        minTimeout: 50,
        maxTimeout: 400,
        randomize: true,
      });
    } catch (error) {
      throw error instanceof HttpError && (error.status < 500 || error.code === 'unavailable') ? error : unavailable(service);
    }
  };
}

async function attempt<T>(service: string, url: URL, call: Call, metrics: Pick<Metrics, 'outboundDuration'>): Promise<T> {
  const method = call.method ?? 'GET';
  const started = performance.now();
  let status = 0;
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...(call.idempotencyKey && { 'idempotency-key': call.idempotencyKey }) },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(call.timeoutMilliseconds),
    });
    status = response.status;
    const body = await response.json();
    if (response.ok) return body as T;
    const { error, reason, ...details } = body as { error?: string; reason?: string };
    const failure = new HttpError(status, error ?? 'failed', reason ?? `${service} answered ${status}`, details);
    // A callee that says `unavailable` has tried its own dependency in vain already; trying again here would multiply the attempts.
    const retry = status === 429 || (status >= 500 && failure.code !== 'unavailable');
    throw retry ? failure : new AbortError(failure);
  } catch (error) {
    if (error instanceof AbortError || error instanceof HttpError) throw error;
    // fetch reports every failure of the network as TypeError, which p-retry takes for a mistake of the caller unless it knows the message.
    throw new Error(`${method} ${url.pathname} of ${service} failed`, { cause: error });
  } finally {
    const seconds = (performance.now() - started) / 1000;
    observe(
      metrics.outboundDuration,
      { [LABELS.method]: method, [LABELS.server]: service, [LABELS.status]: status || 'none' },
      seconds,
      trace.getActiveSpan(),
    );
  }
}
