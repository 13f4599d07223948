import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKOUT_EDGES, DATABASE, UNMATCHED_ROUTE } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { sample, startTestShop, type TestShop } from './testing/shop.ts';

let test: TestShop;
beforeAll(async () => {
  test = await startTestShop();
});
afterAll(() => test?.stop());

describe('the catalogue', () => {
  it('is paged and searched', async () => {
    const { status, body } = await test.get('/api/products?search=walnut%20lamp&page=2');
    expect(status).toBe(200);
    expect(body).toMatchObject({ page: 2, pageSize: 12, total: 25 });
    expect(body.products).toHaveLength(12);
  });

  it('takes a search for what it is: wildcards and quotes are text', async () => {
    expect((await test.get(`/api/products?search=${encodeURIComponent("%_'; DROP TABLE products")}`)).body).toMatchObject({
      total: 0,
      products: [],
    });
    expect((await test.get('/api/products/1')).status).toBe(200);
  });

  it.each([
    ['/api/products?page=0', 'page'],
    ['/api/products/abc', 'id'],
    ['/api/orders/1', 'id'],
  ])('answers 400 with the field and the reason: %s', async (path, field) => {
    const { status, body } = await test.get(path);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'invalid_input', field, reason: expect.stringContaining(`${field}:`) });
  });
});

describe('a checkout', () => {
  it('is confirmed, and made once however often its key is sent', async () => {
    const key = randomUUID();
    const before = (await test.get('/api/products/3')).body.stock as number;
    const change = { items: [{ productId: 3, quantity: 2 }] };
    const answers = await Promise.all([test.checkout(change, key), test.checkout(change, key), test.checkout(change, key)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await test.get('/api/products/3')).body.stock).toBe(before - 2);
    expect((await test.get(`/api/orders/${answers[0]?.body.id}`)).body).toMatchObject({
      status: 'confirmed',
      items: change.items,
    });
  });

  it('refuses a key that belongs to another order', async () => {
    const key = randomUUID();
    await test.checkout({}, key);
    expect(await test.checkout({ email: 'other@example.com' }, key)).toMatchObject({
      status: 422,
      body: { error: 'idempotency_key_reused' },
    });
  });

  it('gives the stock back when the card is declined', async () => {
    const before = (await test.get('/api/products/4')).body.stock;
    const { status, body } = await test.checkout({
      items: [{ productId: 4, quantity: 5 }],
      card: { number: '4000000000000002', expiry: '12/39', cvc: '123' },
    });
    expect([status, body.error]).toEqual([402, 'payment_declined']);
    expect((await test.get('/api/products/4')).body.stock).toBe(before);
    expect((await test.get(`/api/orders/${body.orderId}`)).body.status).toBe('cancelled');
  });

  it('takes nothing when one of its products is sold out', async () => {
    const before = (await test.get('/api/products/5')).body.stock;
    const { status, body } = await test.checkout({
      items: [
        { productId: 5, quantity: 1 },
        { productId: 50, quantity: 1 },
      ],
    });
    expect([status, body.error, body.productId]).toEqual([409, 'out_of_stock', 50]);
    expect((await test.get('/api/products/5')).body.stock).toBe(before);
  });

  it.each([
    [{ email: 'nobody' }, 'email'],
    [{ items: [] }, 'items'],
    [{ items: [{ productId: 1, quantity: 0 }] }, 'items.0.quantity'],
    [
      {
        items: [
          { productId: 1, quantity: 1 },
          { productId: 1, quantity: 1 },
        ],
      },
      'items',
    ],
    [{ card: { number: '12', expiry: '12/39', cvc: '123' } }, 'card.number'],
  ])('answers 400 with the field: %j', async (change, field) => {
    expect(await test.checkout(change)).toMatchObject({ status: 400, body: { field } });
  });
});

describe('a trace', () => {
  it('of a checkout has each service, each edge of signals.ts, SQL with its trace, and no span twice', async () => {
    const { traceId, headers } = await test.checkout();
    expect(headers.get('server-timing')).toContain(traceId);
    const expected = CHECKOUT_EDGES.map((edge) => edge.join(' -> ')).sort();
    const edges = () => {
      const spans = test.receiver.of(traceId);
      const service = new Map(spans.map((span) => [span.spanId, String(span.resource['service.name'])]));
      const calls = spans.flatMap(({ parentSpanId, resource }) => {
        const caller = service.get(parentSpanId);
        return caller && caller !== resource['service.name'] ? [`${caller} -> ${resource['service.name']}`] : [];
      });
      const queries = spans
        .filter(({ attributes }) => attributes['db.system.name'] === DATABASE)
        .map(({ resource }) => `${resource['service.name']} -> ${DATABASE}`);
      return [...new Set([...calls, ...queries])].sort();
    };
    await eventually(
      'the whole trace',
      () => edges().length === expected.length && test.receiver.of(traceId).some(({ parentSpanId }) => parentSpanId === ''),
    );
    expect(edges()).toEqual(expected);
    const spans = test.receiver.of(traceId);
    // One server span per service that was called, twice none; the client's span beside it.
    const servers = spans
      .filter(({ kind }) => kind === 2)
      .map(({ resource, attributes }) => `${resource['service.name']} ${attributes['http.route']}`);
    expect(servers.sort()).toEqual([
      'inventory /reservations/:id',
      'orders /orders',
      'payments /charges',
      'storefront /api/checkout',
    ]);
    expect(spans.filter(({ kind }) => kind === 3).length).toBeGreaterThan(3);
    expect(spans.some(({ attributes }) => attributes['shop.order.id'])).toBe(true);
  });

  it('is named in the comment of each SQL statement it ran', async () => {
    const database = new pg.Client(test.shop.database);
    await database.connect();
    const statements = async (traceId: string) => {
      const { rows } = await database.query(`SELECT application_name AS service FROM pg_stat_activity WHERE query LIKE $1`, [
        `%traceparent=%${traceId}%`,
      ]);
      return new Set(rows.map(({ service }) => service)).size;
    };
    await eventually(
      'the last statements of orders, inventory and payments',
      async () => (await statements((await test.checkout()).traceId)) === 3,
    );
    await database.end();
  });
});

describe('metrics', () => {
  it('are OpenMetrics whose exemplars are traces that were sent', async () => {
    const { traceId } = await test.get('/api/products?search=exemplar');
    const text = await eventually('the exemplar', async () => {
      const exposition = await test.metrics('storefront');
      return exposition.includes(traceId) && exposition;
    });
    expect(text.trimEnd().endsWith('# EOF')).toBe(true);
    expect(text).toMatch(
      new RegExp(
        `^http_server_request_duration_seconds_bucket\\{.*http_route="/api/products".*\\} \\d+ # \\{trace_id="${traceId}",span_id="[0-9a-f]{16}"\\}`,
        'm',
      ),
    );
    await eventually('the trace', () => test.receiver.of(traceId).length > 0);
    expect(sample(text, 'otel_sdk_processor_span_processed_total', 'error_type="queue_full"')).toBe(0);
  });

  it('have one route label for all unknown routes, however many are asked for', async () => {
    const series = async () =>
      (await test.metrics('storefront'))
        .split('\n')
        .filter((line) => line.startsWith('http_server_request_duration_seconds_count'));
    await test.get('/unknown/first');
    const before = (await series()).length;
    await Promise.all(Array.from({ length: 50 }, (_, i) => test.get(`/unknown/${i}/${randomUUID()}`)));
    expect((await series()).length).toBe(before);
    expect((await series()).some((line) => line.includes(`http_route="${UNMATCHED_ROUTE}"`) && line.includes('"404"'))).toBe(
      true,
    );
  });

  it('count orders by outcome and revenue in euros', async () => {
    const count = async () => sample(await test.metrics('orders'), 'shop_orders_total', 'outcome="confirmed"') ?? 0;
    const revenue = async () => sample(await test.metrics('orders'), 'shop_revenue_euros_total') ?? 0;
    const before = [await count(), await revenue()];
    const { body } = await test.checkout();
    expect(await count()).toBe((before[0] ?? 0) + 1);
    expect(await revenue()).toBeCloseTo((before[1] ?? 0) + Number(body.totalCents) / 100, 5);
  });
});

describe('logs', () => {
  it('tie each request to its span and hold no personal data', async () => {
    const canary = `canary-${randomUUID().slice(0, 8)}@example.com`;
    const { traceId } = await test.checkout({ email: canary, card: { number: '4111111111111111', expiry: '12/39', cvc: '123' } });
    const services = () =>
      new Set(
        test
          .logs()
          .filter(({ trace_id }) => trace_id === traceId)
          .map(({ service }) => service),
      );
    await eventually('lines of every service', () => services().size === 4);
    const lines = test.logs();
    for (const line of lines)
      expect(line).toMatchObject({
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: expect.stringMatching(/^[a-z]+$/),
        service: expect.any(String),
        msg: expect.any(String),
      });
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${canary}|4111111111111111`));
  });
});
