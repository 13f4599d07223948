import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readConfig } from '../app/config.ts';
import { Faults } from '../app/fault-switch.ts';
import { storefront } from '../app/storefront.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { UNMATCHED_ROUTE } from '../telemetry/signals.ts';
import {
  answer,
  arrival,
  choose,
  JOURNEYS,
  type Journey,
  type JourneyName,
  ROUTES,
  type ShopAnswer,
  type ShopRequest,
} from './journeys.ts';
import { randomFor } from './random.ts';
import { reply } from './testing/shop.ts';

const SEED = 20_260_401;

/** Executes a journey as the k6 script does: in step, without a network. */
function follow(journey: Journey, shop: (request: ShopRequest) => ShopAnswer = fromShop): ShopRequest[] {
  const requests: ShopRequest[] = [];
  for (let step = journey.next(); !step.done; step = journey.next(shop(step.value))) requests.push(step.value);
  return requests;
}

function fromShop({ method, path, body }: ShopRequest): ShopAnswer {
  const { status, body: json } = reply(method, path, body);
  return answer(status, JSON.stringify(json) ?? '');
}

function day(seed: number, visitors = 3000): ShopRequest[] {
  const orders: string[] = [];
  return Array.from({ length: visitors }, (_, n) => follow(arrival(seed, n, orders))).flat();
}

test('the journeys call every public route, and under no other names', () => {
  expect(new Set(day(SEED).map((request) => request.name))).toEqual(new Set(Object.values(ROUTES)));
  expect(ROUTES.unmatched).toBe(`GET ${UNMATCHED_ROUTE}`);
});

test('the public routes are those that the storefront serves, but for the files of its page', () => {
  const config = readConfig({ ROLE: 'storefront', ORDERS_URL: 'http://127.0.0.1:1', INVENTORY_URL: 'http://127.0.0.1:1' });
  const shop = { config, metrics: createMetrics(), logger: pino({ enabled: false }), faults: new Faults() };
  const { router } = storefront({ service: 'storefront', ...shop });
  const routes = router.stack.flatMap(({ route }) => (route ? [`${route.stack[0]?.method.toUpperCase()} ${route.path}`] : []));
  const served = routes.filter((route) => !/\.(html|js|css|svg|json)$/.test(route));
  expect([...served, ROUTES.unmatched].sort()).toEqual(Object.values(ROUTES).sort());
});

test('a shop in order gives every request a status that it expects', () => {
  const wrong = day(SEED).filter((request) => !request.expect.includes(fromShop(request).status));
  expect(wrong).toEqual([]);
});

test('the same seed gives the same requests, another seed others', () => {
  expect(day(SEED, 100)).toEqual(day(SEED, 100));
  expect(day(SEED + 1, 100)).not.toEqual(day(SEED, 100));
});

test('the arrivals are shared among the journeys by weight', () => {
  const counts: Partial<Record<JourneyName, number>> = {};
  for (let n = 0; n < 10_000; n++) {
    const name = choose(randomFor(SEED, n));
    counts[name] = (counts[name] ?? 0) + 1;
  }
  // Five standard deviations of a share of 36% in 10,000 draws are 2.4 percentage points.
  for (const [name, { weight }] of Object.entries(JOURNEYS)) {
    expect(Math.abs((counts[name as JourneyName] ?? 0) / 100 - weight), name).toBeLessThan(2.5);
  }
});

test('every valid checkout has a version 4 UUID of its own as idempotency key', () => {
  const keys = day(SEED)
    .filter((request) => request.name === ROUTES.checkout && !request.expect.includes(400))
    .map((request) => request.headers['Idempotency-Key']);
  expect(keys.length).toBeGreaterThan(300);
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a returning visitor asks for an order of an earlier visit, and makes one first if there is none', () => {
  const visit = (orders: string[]) => {
    const n = Array.from({ length: 100 }, (_, i) => i).find((i) => choose(randomFor(SEED, i)) === 'returnVisit') ?? -1;
    return follow(arrival(SEED, n, orders));
  };
  expect(visit(['a', 'a']).map((request) => request.path)).toEqual(['/api/orders/a']);
  expect(visit([]).map((request) => request.name)).toEqual(
    expect.arrayContaining([ROUTES.products, ROUTES.checkout, ROUTES.order]),
  );
});

test('visitors leave a shop that is down after the requests they could make without its answers', () => {
  for (let n = 0; n < 200; n++) {
    expect(follow(arrival(SEED, n, []), () => answer(503, '{"error":"unavailable"}')).length).toBeLessThanOrEqual(5);
  }
});

test('an answer holds the trace id of traceresponse, and no body where there is no JSON', () => {
  const header = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  expect(answer(200, '<p>', header)).toEqual({ status: 200, body: undefined, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
  expect(answer(200, '{"id":1}', 'nonsense')).toEqual({ status: 200, body: { id: 1 }, traceId: undefined });
});
