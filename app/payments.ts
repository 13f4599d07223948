import { setTimeout as wait } from 'node:timers/promises';
import express from 'express';
import { type Database, openDatabase } from './database.ts';
import { HttpError } from './errors.ts';
import { leakMemory } from './fault-effects.ts';
import { charge, idempotencyKey, orderId, parse } from './schemas.ts';
import type { Role, Shop } from './server.ts';

/** The card that every test payment provider declines. */
const DECLINED_CARD = '4000000000000002';

/** One row per order, whatever the number of attempts: `captured`, `declined`, or `voided` when the order was given up before its charge arrived. */
const SCHEMA = `CREATE TABLE IF NOT EXISTS charges (
  order_id uuid PRIMARY KEY, status text NOT NULL, amount_cents integer NOT NULL, card_last4 text, created_at timestamptz NOT NULL DEFAULT now())`;

type Status = 'captured' | 'declined' | 'voided';

/** Charges cards, each order at most once: the order's id is the idempotency key and the table's primary key. */
export function payments(shop: Shop): Role {
  const database = openDatabase('payments', SCHEMA, {
    password: shop.config.databasePassword,
    metrics: shop.metrics,
    logger: shop.logger,
  });
  const router = express.Router();
  shop.faults.during('memory-leak', leakMemory);

  router.post('/charges', async (request, response) => {
    const { 'idempotency-key': key } = parse(idempotencyKey, request.headers);
    const { id } = parse(orderId, { id: key });
    const { amountCents, card } = parse(charge, request.body);
    if (shop.faults.on('payment-latency')) await wait(1500);
    if (shop.faults.on('payment-errors') && isEvery2nd(id))
      throw new HttpError(502, 'provider_failed', 'the payment provider answered 500 (fault payment-errors)');
    const wanted: Status = card.number === DECLINED_CARD ? 'declined' : 'captured';
    const status = await settle(database, id, wanted, amountCents, card.number.slice(-4));
    response.status(status === 'captured' ? 201 : 200).json({ orderId: id, status });
  });

  // Answers what became of the charge; where there was none, there will never be one.
  router.post('/charges/:id/void', async (request, response) => {
    const { id } = parse(orderId, request.params);
    response.json({ orderId: id, status: await settle(database, id, 'voided', 0, null) });
  });

  return { router, ready: database.ready, close: database.close };
}

/** The first status an order's charge is given stays: two attempts, or a charge and a void, that race agree on one outcome. */
async function settle(
  { pool }: Database,
  id: string,
  status: Status,
  amountCents: number,
  last4: string | null,
): Promise<Status> {
  await pool.query(
    'INSERT INTO charges (order_id, status, amount_cents, card_last4) VALUES ($1, $2, $3, $4) ON CONFLICT (order_id) DO NOTHING',
    [id, status, amountCents, last4],
  );
  const { rows } = await pool.query<{ status: Status }>('SELECT status FROM charges WHERE order_id = $1', [id]);
  return rows[0]?.status ?? status;
}

/** By the id's last bit, so that all attempts for one order share their fate. */
const isEvery2nd = (id: string) => Number.parseInt(id.slice(-1), 16) % 2 === 0;
