import { createHash, randomUUID } from 'node:crypto';
import express from 'express';
import { createCheckout, type Order } from './checkout.ts';
import { createClient } from './client.ts';
import { openDatabase } from './database.ts';
import { databaseFaults } from './database-faults.ts';
import { HttpError } from './errors.ts';
import { reconcileEvery } from './reconcile.ts';
import { checkout, idempotencyKey, orderId, parse } from './schemas.ts';
import type { Role, Shop } from './server.ts';

/** How often pending orders are looked for, in milliseconds. */
const RECONCILE_MILLISECONDS = 2000;

/** One row per idempotency key: `pending`, then `confirmed` or `cancelled` for good; 5,000 past orders so that reads cost something. The card is never stored. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS orders (
    id uuid PRIMARY KEY, idempotency_key text NOT NULL UNIQUE, body_hash text NOT NULL, email text NOT NULL, items jsonb NOT NULL,
    status text NOT NULL, total_cents integer NOT NULL, failure jsonb, traceparent text, created_at timestamptz NOT NULL DEFAULT now());
  CREATE INDEX IF NOT EXISTS orders_pending ON orders (created_at) WHERE status = 'pending';
  INSERT INTO orders SELECT md5('past order ' || n)::uuid, 'past-order-' || n, '', 'customer' || n % 800 || '@example.com',
      jsonb_build_array(jsonb_build_object('productId', 1 + n * 31 % 3000, 'quantity', 1 + n % 3)), 'confirmed', 500 + n * 7919 % 60000, NULL, NULL,
      now() - n * interval '9 minutes'
    FROM generate_series(1, 5000) AS n ON CONFLICT DO NOTHING`;

const COLUMNS =
  'id, email, items, status, total_cents AS "totalCents", failure, traceparent, body_hash AS "bodyHash", created_at AS "createdAt"';

/** Takes orders, and brings every one of them to an end. */
export function orders(shop: Shop): Role {
  const { config, metrics, logger } = shop;
  const database = openDatabase('orders', SCHEMA, { password: config.databasePassword, metrics, logger });
  const { pool } = database;
  const faults = databaseFaults(pool, shop.faults, logger, ['missing-index', 'bad-plan']);
  const process = createCheckout({
    pool,
    metrics,
    logger,
    inventory: createClient('inventory', config.INVENTORY_URL, metrics),
    payments: createClient('payments', config.PAYMENTS_URL, metrics),
  });
  const router = express.Router();

  router.post('/orders', async (request, response) => {
    const { 'idempotency-key': key } = parse(idempotencyKey, request.headers);
    const body = parse(checkout, request.body);
    if (shop.faults.on('bad-deploy') && isEvery2nd(key))
      throw new TypeError(`Cannot read properties of undefined (reading 'currency')`);
    const bodyHash = createHash('sha256')
      .update(JSON.stringify([body.email, body.items]))
      .digest('hex');
    await pool.query(
      `INSERT INTO orders (id, idempotency_key, body_hash, email, items, status, total_cents, traceparent)
       VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6) ON CONFLICT (idempotency_key) DO NOTHING`,
      [randomUUID(), key, bodyHash, body.email, JSON.stringify(body.items), request.get('traceparent')],
    );
    const { rows } = await pool.query<Order & { bodyHash: string }>(`SELECT ${COLUMNS} FROM orders WHERE idempotency_key = $1`, [
      key,
    ]);
    const order = rows[0];
    if (!order) throw new Error(`the order of the idempotency key ${key} has gone`);
    if (order.bodyHash !== bodyHash)
      throw new HttpError(422, 'idempotency_key_reused', 'this Idempotency-Key belongs to another order; send a new one');
    await faults.missingIndex(body.email);
    await faults.badPlan();
    response.status(201).json(await process.place(order, body.card));
  });

  router.get('/orders/:id', async (request, response) => {
    const { id } = parse(orderId, request.params);
    const { rows } = await pool.query<Order>(`SELECT ${COLUMNS} FROM orders WHERE id = $1`, [id]);
    if (!rows[0]) throw new HttpError(404, 'unknown_order', `there is no order ${id}`);
    const { status, totalCents, items, createdAt } = rows[0];
    response.json({ id, status, totalCents, items, createdAt });
  });

  const pending = async () => {
    const { rows } = await pool.query<Order>(
      `SELECT ${COLUMNS} FROM orders WHERE status = 'pending' AND created_at < now() - $1 * interval '1 millisecond' ORDER BY created_at LIMIT 50`,
      [config.PENDING_MILLISECONDS],
    );
    return rows;
  };
  const reconciler = reconcileEvery(RECONCILE_MILLISECONDS, {
    started: database.migrated,
    pending,
    settle: process.settle,
    logger,
  });

  return {
    router,
    ready: database.ready,
    async close() {
      await reconciler.stop();
      await database.close();
    },
  };
}

/** By the key, so that all attempts for one order share their fate. */
const isEvery2nd = (key: string) => (createHash('sha256').update(key).digest()[0] ?? 0) % 2 === 0;
