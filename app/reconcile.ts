import { setTimeout as wait } from 'node:timers/promises';
import { type Link, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Order } from './checkout.ts';

interface Work {
  /** Nothing is looked for before this resolves. */
  started: Promise<void>;
  pending(): Promise<Order[]>;
  settle(order: Order): Promise<void>;
  logger: Logger;
}

/** Settles pending orders every `milliseconds`, one after the other; each in a trace of its own, linked to the trace that took the order. */
export function reconcileEvery(milliseconds: number, work: Work): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = run();

  async function run() {
    await Promise.race([work.started, aborted(stopping.signal)]);
    while (!stopping.signal.aborted) {
      for (const order of await work.pending().catch(() => [])) {
        if (!stopping.signal.aborted) await settle(order, work);
      }
      await wait(milliseconds, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function settle(order: Order, { settle, logger }: Work): Promise<void> {
  return trace
    .getTracer('shop')
    .startActiveSpan('reconcile order', { root: true, links: linkTo(order.traceparent) }, async (span) => {
      try {
        await settle(order);
      } catch (error) {
        // Still pending: the next round tries again.
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        logger.warn({ order_id: order.id }, `order still pending: ${error instanceof Error ? error.message : error}`);
      } finally {
        span.end();
      }
    });
}

function linkTo(traceparent: string | null): Link[] {
  const origin = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, traceparent ? { traceparent } : {}));
  return origin ? [{ context: origin }] : [];
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
