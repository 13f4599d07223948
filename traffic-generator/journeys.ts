/**
 * What visitors do in the shop. A journey is a generator: it yields a request, is resumed with the answer, and ends when the visitor leaves.
 * The k6 script (synchronous) and the Node driver (asynchronous) both execute these very journeys; nothing here imports either.
 *
 * To add a journey, write a generator and give it a row with its weight in `JOURNEYS`. A request is built by one of the functions under
 * "Requests", so that its name is a route's template: names become metric labels and must stay few. A new route goes into `ROUTES` first;
 * the test then fails until some journey calls it.
 */
import { pick, type Random, randomFor, uuid } from './random.ts';

/** Every public route, and `unmatched` for what no route serves. The names are the `name` tags in k6's metrics. */
export const ROUTES = {
  page: 'GET /',
  products: 'GET /api/products',
  product: 'GET /api/products/:id',
  checkout: 'POST /api/checkout',
  order: 'GET /api/orders/:id',
  unmatched: 'GET unmatched',
} as const;

export interface ShopRequest {
  /** One of `ROUTES`. */
  name: string;
  method: 'GET' | 'POST';
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  /** JSON text. */
  body?: string;
  /** Status codes that are right for this request; any other, and no answer, is a failure. */
  expect: readonly number[];
}

export interface ShopAnswer {
  /** HTTP status, 0 without an answer. */
  status: number;
  /** The parsed JSON, `undefined` where the answer was none. */
  body: unknown;
  /** Trace id from the header `traceresponse`, where there was one. */
  traceId?: string;
}

/** What one visitor brings: luck, and the ids of orders made earlier (newest last; a journey may add to them). */
export interface Visitor {
  random: Random;
  orders: string[];
}

export type Journey = Generator<ShopRequest, void, ShopAnswer>;

/** The journeys and their shares of the arrivals, here in percent. */
export const JOURNEYS = {
  browse: { weight: 36, run: browse },
  search: { weight: 22, run: search },
  view: { weight: 20, run: view },
  checkout: { weight: 12, run: checkout },
  returnVisit: { weight: 6, run: returnVisit },
  mistake: { weight: 4, run: mistake },
} as const satisfies Record<string, { weight: number; run: (visitor: Visitor) => Journey }>;

export type JourneyName = keyof typeof JOURNEYS;

/** Each journey's name as many times as its weight, to draw from. */
const TICKETS = (Object.keys(JOURNEYS) as JourneyName[]).flatMap((name) => Array<JourneyName>(JOURNEYS[name].weight).fill(name));

/** Draws the journey of a visitor, by weight. */
export const choose = (random: Random): JourneyName => pick(random, TICKETS) ?? 'browse';

/** Arrival `n` of a run. The same seed, `n`, orders and answers give the same requests. */
export function arrival(seed: number, n: number, orders: string[]): Journey {
  const random = randomFor(seed, n);
  return JOURNEYS[choose(random)].run({ random, orders });
}

/** An answer from its parts; a body that is no JSON becomes `undefined`. */
export function answer(status: number, text: string, traceresponse = ''): ShopAnswer {
  const traceId = /^00-([0-9a-f]{32})-/.exec(traceresponse)?.[1];
  try {
    return { status, body: JSON.parse(text), traceId };
  } catch {
    return { status, body: undefined, traceId };
  }
}

// Journeys

function* browse({ random }: Visitor): Journey {
  yield get(ROUTES.page, '/');
  const first = yield products({});
  for (let looks = 1 + below(random, 3); looks > 0; looks--) yield products({ page: 1 + below(random, pagesIn(first)) });
}

/** Types a word seen in a product's name, and opens a result. */
function* search({ random }: Visitor): Journey {
  const word = pick(random, pick(random, idsAndNames(yield products({})))?.name.split(' ') ?? []);
  if (word === undefined) return;
  const hit = pick(random, idsAndNames(yield products({ search: word })));
  if (hit) yield product(hit.id);
}

function* view({ random }: Visitor): Journey {
  for (const item of yield* someProducts(random)) yield product(item.id);
}

function* checkout(visitor: Visitor): Journey {
  yield* buy(visitor);
}

/** Looks at an order of an earlier visit; who has none yet makes one first. */
function* returnVisit(visitor: Visitor): Journey {
  const id = pick(visitor.random, visitor.orders) ?? (yield* buy(visitor));
  if (id !== undefined) yield order(id);
}

function* mistake({ random }: Visitor): Journey {
  const request = pick(random, MISTAKES)?.();
  if (request) yield request;
}

const MISTAKES: readonly (() => ShopRequest)[] = [
  () => ({ ...post({ email: 'nobody', card: CARDS.accepted, items: [{ productId: 1, quantity: 1 }] }), expect: [400] }),
  () => ({ ...post({ email: 'ada@example.com', card: CARDS.accepted, items: [] }), expect: [400] }),
  () => ({ ...products({ page: 0 }), expect: [400] }),
  () => ({ ...product(999_999_999), expect: [404] }),
  () => ({ ...order('00000000-0000-4000-8000-000000000000'), expect: [404] }),
  () => ({ ...get(ROUTES.unmatched, '/wp-login.php'), expect: [404] }),
];

/** Puts one to three products into an order and pays; the order's id if the shop confirms. */
function* buy({ random, orders }: Visitor): Generator<ShopRequest, string | undefined, ShopAnswer> {
  const items = (yield* someProducts(random)).map(({ id }) => ({ productId: id, quantity: 1 + below(random, 3) }));
  if (items.length === 0) return undefined;
  const declined = random() < DECLINED_RATIO;
  const email = `visitor${below(random, 1000)}@example.com`;
  const request = post({ email, card: declined ? CARDS.declined : CARDS.accepted, items }, uuid(random));
  // Sold out is an answer, not a failure of the shop.
  const { status, body } = yield { ...request, expect: declined ? [402, 409] : [201, 409] };
  const id = (body as { id?: unknown } | undefined)?.id;
  if (status !== 201 || typeof id !== 'string') return undefined;
  orders.push(id);
  if (orders.length > ORDERS_REMEMBERED) orders.shift();
  return id;
}

/** Opens the list at some page and chooses up to three different products. */
function* someProducts(random: Random): Generator<ShopRequest, { id: number }[], ShopAnswer> {
  const first = yield products({});
  const found = idsAndNames(yield products({ page: 1 + below(random, pagesIn(first)) }));
  const wanted = Math.min(found.length, 1 + below(random, 3));
  const start = below(random, found.length - wanted + 1);
  return found.slice(start, start + wanted);
}

// Requests

/** The share of checkouts that try a card the bank declines. */
const DECLINED_RATIO = 0.05;
const ORDERS_REMEMBERED = 100;

/** The payment provider's test cards. */
const CARDS = {
  accepted: { number: '4242424242424242', expiry: '12/40', cvc: '123' },
  declined: { number: '4000000000000002', expiry: '12/40', cvc: '123' },
} as const;

interface Order {
  email: string;
  card: { number: string; expiry: string; cvc: string };
  items: { productId: number; quantity: number }[];
}

const get = (name: string, path: string): ShopRequest => ({ name, method: 'GET', path, headers: {}, expect: [200] });
const product = (id: number) => get(ROUTES.product, `/api/products/${id}`);
const order = (id: string) => get(ROUTES.order, `/api/orders/${id}`);

function products(query: { search?: string; page?: number }): ShopRequest {
  const text = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return get(ROUTES.products, `/api/products${text.length > 0 ? `?${text.join('&')}` : ''}`);
}

function post(order: Order, idempotencyKey?: string): ShopRequest {
  const headers = { 'Content-Type': 'application/json', ...(idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {}) };
  return { name: ROUTES.checkout, method: 'POST', path: '/api/checkout', headers, body: JSON.stringify(order), expect: [201] };
}

// Answers: a visitor who did not get what was asked for sees an empty list, and leaves.

function idsAndNames({ body }: ShopAnswer): { id: number; name: string }[] {
  const list = (body as { products?: unknown } | undefined)?.products;
  return Array.isArray(list) ? list : [];
}

function pagesIn({ body }: ShopAnswer): number {
  const { total, pageSize } = (body ?? {}) as { total?: unknown; pageSize?: unknown };
  return typeof total === 'number' && typeof pageSize === 'number' ? Math.max(1, Math.ceil(total / pageSize)) : 1;
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
