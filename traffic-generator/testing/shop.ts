/** A small shop over HTTP for tests of the drivers: the public routes' answers, the requests it saw, and a gate to hold answers back. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const ORDER_ID = '0191f6a0-5c1e-4c8b-9d3e-1f2a3b4c5d6e';

const PRODUCTS = Array.from({ length: 20 }, (_, i) => ({ id: i + 1, name: `Oak Lamp ${i + 1}`, priceCents: 1000, stock: 5 }));

/** What the shop answers to a well-formed or a bad request: status and JSON body. A plain function, so that a test needs no server for it. */
export function reply(method: string, path: string, body = ''): { status: number; body: unknown } {
  const { pathname, searchParams } = new URL(path, 'http://shop');
  const id = pathname.split('/')[3];
  if (pathname === '/') return { status: 200, body: undefined };
  if (pathname === '/api/products' && searchParams.get('page') === '0') return { status: 400, body: { error: 'invalid_input' } };
  if (pathname === '/api/products') return { status: 200, body: { products: PRODUCTS, page: 1, pageSize: 20, total: 200 } };
  if (pathname.startsWith('/api/products/')) return Number(id) <= 200 ? { status: 200, body: PRODUCTS[0] } : NOT_FOUND;
  if (pathname.startsWith('/api/orders/')) return id === ORDER_ID ? { status: 200, body: { id } } : NOT_FOUND;
  if (pathname !== '/api/checkout' || method !== 'POST') return NOT_FOUND;
  const order = JSON.parse(body) as { email: string; card: { number: string }; items: unknown[] };
  if (!order.email.includes('@') || order.items.length === 0) return { status: 400, body: { error: 'invalid_input' } };
  if (order.card.number === '4000000000000002') return { status: 402, body: { error: 'payment_declined' } };
  return { status: 201, body: { id: ORDER_ID, status: 'confirmed' } };
}
const NOT_FOUND = { status: 404, body: { error: 'not_found' } };

interface Seen {
  method: string;
  path: string;
  body: string;
  idempotencyKey?: string;
}

/** Starts the shop on a free port. While held, it takes requests in and answers none; `release` answers them and the ones to come. */
export async function startShop({ held = false } = {}) {
  const seen: Seen[] = [];
  const waiting: (() => void)[] = [];
  let closed = held;
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method, path: url, body, idempotencyKey: request.headers['idempotency-key']?.toString() });
    if (closed) waiting.push(() => send(response, reply(method, url, body)));
    else send(response, reply(method, url, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    release: () => {
      closed = false;
      for (const answer of waiting.splice(0)) answer();
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, { status, body }: { status: number; body: unknown }): void {
  response.writeHead(status, { 'Content-Type': 'application/json', traceresponse: `00-${TRACE_ID}-00f067aa0ba902b7-01` });
  response.end(body === undefined ? '<!doctype html>' : JSON.stringify(body));
}
