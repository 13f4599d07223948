import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../telemetry/testing/wait.ts';
import { type Answer, startTestShop, type TestShop } from './testing/shop.ts';

/** Orders cut off in the middle: none may be charged twice or stay half made. Pending orders are taken up after one second here. */
let test: TestShop;
let database: pg.Client;
beforeAll(async () => {
  test = await startTestShop({ PENDING_MILLISECONDS: '1000' });
  database = new pg.Client(test.shop.database);
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await test?.stop();
});

async function outcome(orderId: string) {
  const status = async (table: string, column: string) =>
    (await database.query(`SELECT status FROM ${table} WHERE ${column} = $1`, [orderId])).rows.map((row) => row.status);
  return {
    order: await status('orders.orders', 'id'),
    charges: await status('payments.charges', 'order_id'),
    reservation: await status('inventory.reservations', 'order_id'),
  };
}

/** The order that was taken last, while its checkout is still under way. */
const newestOrder = () =>
  eventually(
    'the order',
    async () =>
      (await database.query(`SELECT id FROM orders.orders WHERE status = 'pending' ORDER BY created_at DESC LIMIT 1`)).rows[0]
        ?.id as string | undefined,
  );

const reserved = (id: string) => eventually('its reservation', async () => (await outcome(id)).reservation.length > 0);

async function settled(id: string) {
  await eventually('the order is settled', async () => !(await outcome(id)).order.includes('pending'), 20);
  return outcome(id);
}

it('payments killed before it charges: the order ends cancelled, its stock is back, and it is never charged', async () => {
  await test.fault('payments', 'payment-latency', true);
  const stock = (await test.get('/api/products/7')).body.stock;
  const answer = test.checkout({ items: [{ productId: 7, quantity: 3 }] });
  const id = await newestOrder();
  await reserved(id);
  await test.shop.kill('payments');
  expect(await answer).toMatchObject({ status: 503, body: { error: 'unavailable', orderId: id } });
  await test.shop.start('payments');
  expect(await settled(id)).toEqual({ order: ['cancelled'], charges: ['voided'], reservation: ['released'] });
  expect((await test.get('/api/products/7')).body.stock).toBe(stock);
  const trace = await eventually('a trace of the recovery', () =>
    test.receiver.spans.find(({ name, attributes }) => name === 'reconcile order' && attributes['shop.order.id'] === id),
  );
  expect(trace.links).toHaveLength(1);
});

it('payments killed before it charges, and the customer tries again: one order, charged once', async () => {
  await test.fault('payments', 'payment-latency', true);
  const key = randomUUID();
  const first = test.checkout({}, key);
  const id = await newestOrder();
  await reserved(id);
  await test.shop.kill('payments');
  expect((await first).status).toBe(503);
  await test.shop.start('payments');
  let retry: Answer = await test.checkout({}, key);
  while (retry.status === 503) retry = await test.checkout({}, key);
  const found = await settled(id);
  // Whoever was first, the customer or the reconciler: both agree.
  if (retry.status === 201) expect(found).toEqual({ order: ['confirmed'], charges: ['captured'], reservation: ['reserved'] });
  else
    expect([retry.body.error, found]).toEqual([
      'order_given_up',
      { order: ['cancelled'], charges: ['voided'], reservation: ['released'] },
    ]);
});

it('orders killed after the charge: the order is confirmed when orders is back', async () => {
  await test.fault('payments', 'payment-latency', true);
  const answer = test.checkout();
  const id = await newestOrder();
  // The charge is under way: it waits out the fault in payments.
  await eventually('the charge is asked for', async () =>
    /^http_server_active_requests\{http_request_method="POST"\} 1$/m.test(await test.metrics('payments')),
  );
  await test.shop.kill('orders');
  await eventually('the charge', async () => (await outcome(id)).charges.includes('captured'));
  await test.shop.start('orders');
  await answer;
  expect(await settled(id)).toEqual({ order: ['confirmed'], charges: ['captured'], reservation: ['reserved'] });
  await test.fault('payments', 'payment-latency', false);
});
