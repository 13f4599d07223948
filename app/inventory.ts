import express from 'express';
import type pg from 'pg';
import { openDatabase, transaction } from './database.ts';
import { type DatabaseFaults, databaseFaults } from './database-faults.ts';
import { HttpError } from './errors.ts';
import { holdConnections, stormOfLines } from './fault-effects.ts';
import { type Items, orderId, parse, productId, reservation, search } from './schemas.ts';
import type { Role, Shop } from './server.ts';

const PAGE_SIZE = 12;
/** What the fault slow-query searches in: every product hashed 150 times, about half a second of PostgreSQL's time; OFFSET 0 keeps the filter out of it. */
const RANKED =
  '(SELECT *, (SELECT max(md5(name || round)) FROM generate_series(1, 150) AS round) AS rank FROM products OFFSET 0) AS ranked';

/** 3,000 products, every 50th sold out. One row per order in `reservations`: `reserved`, or `released` (also before it was ever reserved). */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS products (
    id integer PRIMARY KEY, name text NOT NULL, description text NOT NULL, price_cents integer NOT NULL, stock integer NOT NULL CHECK (stock >= 0));
  CREATE INDEX IF NOT EXISTS products_by_name ON products (name, id);
  CREATE TABLE IF NOT EXISTS reservations (
    order_id uuid PRIMARY KEY, status text NOT NULL, items jsonb NOT NULL, total_cents integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
  INSERT INTO products SELECT n,
      (ARRAY['Brass','Walnut','Linen','Copper','Slate','Amber','Cedar','Indigo','Ivory','Cobalt'])[1 + n % 10] || ' ' ||
      (ARRAY['Lamp','Kettle','Notebook','Clock','Radio','Compass','Chair','Teapot','Camera','Globe','Shelf','Mirror'])[1 + n / 10 % 12] || ' No. ' || n,
      'Made by hand, checked twice, in batch ' || n % 97 || '.', 500 + n * 7919 % 19500, CASE WHEN n % 50 = 0 THEN 0 ELSE 100000 END
    FROM generate_series(1, 3000) AS n ON CONFLICT DO NOTHING`;

const COLUMNS = 'id, name, description, price_cents AS "priceCents", stock';

/** The catalogue and the stock. */
export function inventory(shop: Shop): Role {
  const database = openDatabase('inventory', SCHEMA, {
    password: shop.config.databasePassword,
    metrics: shop.metrics,
    logger: shop.logger,
  });
  const { pool } = database;
  const router = express.Router();
  shop.faults.during('pool-exhaustion', () => holdConnections(pool));
  shop.faults.during('log-storm', () => stormOfLines(shop.logger));
  const faults = databaseFaults(pool, shop.faults, shop.logger, ['idle-in-transaction', 'connection-storm', 'table-bloat']);

  router.get('/products', async (request, response) => {
    const { search: text, page } = parse(search, request.query);
    const slow = shop.faults.on('slow-query');
    const { rows } = await pool.query(
      `SELECT ${COLUMNS}, count(*) OVER ()::integer AS total FROM ${slow ? RANKED : 'products'} WHERE strpos(lower(name), lower($1)) > 0
       ORDER BY ${slow ? 'rank, id' : 'name, id'} LIMIT ${PAGE_SIZE} OFFSET $2`,
      [text, (page - 1) * PAGE_SIZE],
    );
    if (shop.faults.on('n-plus-one')) {
      for (const row of rows)
        Object.assign(row, (await pool.query(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [row.id])).rows[0]);
      shop.logger.info({ products: rows.length }, 'products read one by one');
    }
    const total = rows[0]?.total ?? 0;
    response.json({ products: rows.map(({ total: _, ...product }) => product), page, pageSize: PAGE_SIZE, total });
  });

  router.get('/products/:id', async (request, response) => {
    const { id } = parse(productId, request.params);
    const { rows } = await pool.query(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [id]);
    if (!rows[0]) throw new HttpError(404, 'unknown_product', `there is no product ${id}`);
    await faults.idleInTransaction(id);
    await faults.tableBloat(id);
    response.json(rows[0]);
  });

  router.put('/reservations/:id', async (request, response) => {
    const { id } = parse(orderId, request.params);
    const { items } = parse(reservation, request.body);
    const { status, totalCents } = await transaction(pool, (client) => reserve(client, id, items, faults));
    if (status === 'released') throw new HttpError(409, 'reservation_released', `the reservation of order ${id} was released`);
    response.json({ orderId: id, totalCents });
  });

  router.delete('/reservations/:id', async (request, response) => {
    const { id } = parse(orderId, request.params);
    await transaction(pool, (client) => release(client, id));
    response.json({ orderId: id, status: 'released' });
  });

  return { router, ready: database.ready, close: database.close };
}

/** Takes the items off the stock once per order; a repeated call answers as the first did. Throws 404 or 409 and takes nothing. */
async function reserve(
  client: pg.PoolClient,
  id: string,
  items: Items,
  faults: DatabaseFaults,
): Promise<{ status: string; totalCents: number }> {
  const first = await client.query(
    `INSERT INTO reservations (order_id, status, items, total_cents) VALUES ($1, 'reserved', $2, 0) ON CONFLICT (order_id) DO NOTHING`,
    [id, JSON.stringify(items)],
  );
  if (first.rowCount === 0) return existing(client, id);
  await faults.lockContention(client);
  await faults.deadlock(client, id);
  let totalCents = 0;
  // In the order of their ids, so that two orders of the same products wait for each other instead of deadlocking.
  for (const item of items.toSorted((a, b) => a.productId - b.productId)) {
    const { rows } = await client.query<{ stock: number; price_cents: number }>(
      'SELECT stock, price_cents FROM products WHERE id = $1 FOR UPDATE',
      [item.productId],
    );
    const product = rows[0];
    if (!product)
      throw new HttpError(404, 'unknown_product', `there is no product ${item.productId}`, { productId: item.productId });
    if (product.stock < item.quantity)
      throw new HttpError(409, 'out_of_stock', `product ${item.productId} has ${product.stock} left`, {
        productId: item.productId,
      });
    await client.query('UPDATE products SET stock = stock - $2 WHERE id = $1', [item.productId, item.quantity]);
    totalCents += product.price_cents * item.quantity;
  }
  await client.query('UPDATE reservations SET total_cents = $2 WHERE order_id = $1', [id, totalCents]);
  return { status: 'reserved', totalCents };
}

async function existing(client: pg.PoolClient, id: string): Promise<{ status: string; totalCents: number }> {
  const { rows } = await client.query('SELECT status, total_cents AS "totalCents" FROM reservations WHERE order_id = $1', [id]);
  return rows[0];
}

/** Puts the items back once; an order that never reserved is marked, so that a reservation which arrives later takes nothing. */
async function release(client: pg.PoolClient, id: string): Promise<void> {
  await client.query(
    `INSERT INTO reservations (order_id, status, items, total_cents) VALUES ($1, 'released', '[]', 0) ON CONFLICT DO NOTHING`,
    [id],
  );
  await client.query(
    `WITH given_back AS (UPDATE reservations SET status = 'released' WHERE order_id = $1 AND status = 'reserved' RETURNING items)
     UPDATE products SET stock = stock + (item->>'quantity')::integer
     FROM given_back, jsonb_array_elements(items) AS item WHERE id = (item->>'productId')::integer`,
    [id],
  );
}
