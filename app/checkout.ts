import { trace } from '@opentelemetry/api';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.ts';
import { ATTRIBUTES, LABELS } from '../telemetry/signals.ts';
import type { Client } from './client.ts';
import { HttpError } from './errors.ts';
import type { Card, Items } from './schemas.ts';

export interface Order {
  id: string;
  email: string;
  items: Items;
  status: 'pending' | 'confirmed' | 'cancelled';
  totalCents: number;
  /** Why it was cancelled: the answer that a repeated request gets again. */
  failure: Failure | null;
  traceparent: string | null;
  createdAt: string;
}

interface Failure {
  status: number;
  code: string;
  reason: string;
  details: Record<string, unknown>;
}

export interface Confirmed {
  id: string;
  status: 'confirmed';
  totalCents: number;
  items: Items;
}

interface Needs {
  pool: pg.Pool;
  metrics: Pick<Metrics, 'orders' | 'revenue'>;
  logger: Logger;
  inventory: Client;
  payments: Client;
}

/** Attempts and time-outs add up to less than the storefront's own, so that the innermost failure is the one that is told. */
const RESERVE = { timeoutMilliseconds: 1000, attempts: 2 };
const CHARGE = { timeoutMilliseconds: 2500, attempts: 2 };

/**
 * The way of an order: reserve stock, charge, confirm. Each step may be repeated and is done once, because the services key it by the order's id; so an
 * order that was cut off anywhere is `pending` and can be taken up again by the customer's retry (`place`) or by the reconciler (`settle`).
 */
export function createCheckout({ pool, metrics, logger, inventory, payments }: Needs) {
  /** Brings `order` to its end with the customer's card. Returns it confirmed; throws HttpError: 402, 404, 409 cancelled, 503 still pending. */
  async function place(order: Order, card: Card): Promise<Confirmed> {
    trace.getActiveSpan()?.setAttribute(ATTRIBUTES.orderId, order.id);
    if (order.status === 'confirmed') return answer(order);
    if (order.status === 'cancelled') throw asError(order);
    try {
      const reserved = await inventory<{ totalCents: number }>(`/reservations/${order.id}`, {
        method: 'PUT',
        body: { items: order.items },
        ...RESERVE,
      });
      order.totalCents = reserved.totalCents;
    } catch (error) {
      // 4xx: not to be had, and nothing was taken. Anything else leaves the order pending.
      if (error instanceof HttpError && error.status < 500) throw await cancel(order, error);
      throw stillPending(error, order);
    }
    // Before the charge: the reconciler confirms a captured order without asking anybody for its total.
    await pool.query('UPDATE orders SET total_cents = $2 WHERE id = $1', [order.id, order.totalCents]);
    const charge = {
      method: 'POST',
      idempotencyKey: order.id,
      body: { amountCents: order.totalCents, card },
      ...CHARGE,
    } as const;
    const { status } = await payments<{ status: string }>('/charges', charge).catch((error) => {
      throw stillPending(error, order);
    });
    if (status === 'captured') return confirm(order);
    const declined = new HttpError(402, 'payment_declined', 'the card was declined; try another one');
    throw await cancel(order, status === 'declined' ? declined : givenUp());
  }

  /** Ends an order that has been pending for too long: confirms it if its charge was captured, else sees to it that it never will be and cancels. */
  async function settle(order: Order): Promise<void> {
    trace.getActiveSpan()?.setAttribute(ATTRIBUTES.orderId, order.id);
    const { status } = await payments<{ status: string }>(`/charges/${order.id}/void`, { method: 'POST', ...CHARGE });
    if (status === 'captured') await confirm(order);
    else await cancel(order, givenUp());
  }

  async function confirm(order: Order): Promise<Confirmed> {
    const { rowCount } = await pool.query(`UPDATE orders SET status = 'confirmed' WHERE id = $1 AND status = 'pending'`, [
      order.id,
    ]);
    if (rowCount === 1) {
      metrics.orders.inc({ [LABELS.outcome]: 'confirmed' });
      metrics.revenue.inc(order.totalCents / 100);
      logger.info({ order_id: order.id, total_cents: order.totalCents }, 'order confirmed');
    }
    return answer(order);
  }

  /** Gives the stock back, then marks the order; returns the error to throw. In this order, so that a failure between leaves it pending, not half made. */
  async function cancel(order: Order, error: HttpError): Promise<HttpError> {
    await inventory(`/reservations/${order.id}`, { method: 'DELETE', ...RESERVE }).catch((failed) => {
      throw stillPending(failed, order);
    });
    const failure: Failure = { status: error.status, code: error.code, reason: error.message, details: error.details };
    const { rowCount } = await pool.query(
      `UPDATE orders SET status = 'cancelled', failure = $2 WHERE id = $1 AND status = 'pending'`,
      [order.id, failure],
    );
    if (rowCount === 1) {
      metrics.orders.inc({ [LABELS.outcome]: error.code });
      logger.warn({ order_id: order.id, reason: error.code }, 'order cancelled');
    }
    return asError({ ...order, failure });
  }

  return { place, settle };
}

const answer = ({ id, totalCents, items }: Order): Confirmed => ({ id, status: 'confirmed', totalCents, items });

const givenUp = () => new HttpError(409, 'order_given_up', 'the order could not be completed in time; nothing was charged');

/** A cancelled order's answer: what it was when it was cancelled, whoever asks again. */
function asError({ id, failure }: Order): HttpError {
  if (!failure) throw new Error(`order ${id} is cancelled without a reason`);
  return new HttpError(failure.status, failure.code, failure.reason, { ...failure.details, orderId: id });
}

function stillPending(error: unknown, order: Order): unknown {
  return error instanceof HttpError
    ? new HttpError(error.status, error.code, error.message, { ...error.details, orderId: order.id })
    : error;
}
