import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { ROOT } from '../telemetry/root.ts';
import type { Confirmed } from './checkout.ts';
import { createClient } from './client.ts';
import { HttpError } from './errors.ts';
import { blockEventLoop } from './fault-effects.ts';
import { createRelay } from './relay.ts';
import { checkout, idempotencyKey, orderId, parse, productId, search } from './schemas.ts';
import type { Role, Shop } from './server.ts';

const PAGE = join(ROOT, 'app', 'web', 'dist');

const READ = { timeoutMilliseconds: 3000, attempts: 2 };
/** Longer than all that the orders service may try (checkout.ts); its own 503 is final, so one attempt more serves only a connection that broke. */
const PLACE = { method: 'POST', timeoutMilliseconds: 9000, attempts: 2 } as const;

/** What the public sees: the page and its API, in front of orders and inventory. */
export function storefront({ config, metrics, logger, faults }: Shop): Role {
  faults.during('event-loop-block', blockEventLoop);
  const inventory = createClient('inventory', config.INVENTORY_URL, metrics);
  const orders = createClient('orders', config.ORDERS_URL, metrics);
  const router = express.Router();
  router.use(securityHeaders);

  // Each file of the page is a route of its own, so that its spans and metrics carry its name.
  const files = existsSync(PAGE) ? readdirSync(PAGE) : [];
  router.get('/', (_request, response) => {
    if (files.length === 0) throw new HttpError(503, 'not_built', 'the page is not built: npm run build');
    response.sendFile(join(PAGE, 'index.html'));
  });
  for (const file of files) router.get(`/${file}`, (_request, response) => response.sendFile(join(PAGE, file)));
  const { JAEGER_URL, GRAFANA_URL, LIVE_URL, BROWSER_OTLP_ENDPOINT: endpoint, browserToken: token } = config;
  const relay = endpoint ? createRelay({ endpoint, token, metrics, logger }) : undefined;
  const page = { jaegerUrl: JAEGER_URL, grafanaUrl: GRAFANA_URL, liveUrl: LIVE_URL, tracing: relay !== undefined };
  router.get('/config.json', (_request, response) => void response.json(page));

  router.get('/api/products', async (request, response) => {
    const { search: text, page } = parse(search, request.query);
    response.json(await inventory(`/products?${new URLSearchParams({ search: text, page: String(page) })}`, READ));
  });
  router.get('/api/products/:id', async (request, response) => {
    const { id } = parse(productId, request.params);
    response.json(await inventory(`/products/${id}`, READ));
  });
  router.post('/api/checkout', async (request, response) => {
    const body = parse(checkout, request.body);
    const { 'idempotency-key': key } = parse(idempotencyKey, { 'idempotency-key': randomUUID(), ...request.headers });
    response.status(201).json(await orders<Confirmed>('/orders', { ...PLACE, body, idempotencyKey: key }));
  });
  router.get('/api/orders/:id', async (request, response) => {
    const { id } = parse(orderId, request.params);
    response.json(await orders(`/orders/${id}`, READ));
  });

  // It holds no database: it opens when the services behind it have been ready once, and from then on answers 503 for what is away.
  let open = false;
  const ready = async () => {
    open ||= (await Promise.all([config.ORDERS_URL, config.INVENTORY_URL].map(isReady))).every(Boolean);
    return open;
  };
  return { router, relay: relay?.router, ready, close: async () => relay?.close() };
}

function isReady(address: string | undefined): Promise<boolean> {
  return fetch(new URL('/health/ready', address), { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'content-security-policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  next();
};
