import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launch, SKIPPED } from '../../web/testing/browser.ts';
import { newId, tracesObject } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { readOrigins } from './cors.ts';
import { closeServer } from './receivers.ts';

const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' };
const ask = (live: Running, method: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${live.otlp.http}/v1/traces`, { method, headers });

describe('pages of other origins', () => {
  let live: Running;
  beforeAll(async () => {
    live = await run({ origins: ['https://shop.example', 'http://localhost:8080'] });
  });
  afterAll(() => live.close());

  it('may send where they are named: preflight, answer, refusal', async () => {
    const origin = 'https://shop.example';
    const preflight = await ask(live, 'OPTIONS', { origin, ...PREFLIGHT });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type, content-encoding',
      vary: 'Origin',
    });
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false);
    for (const [headers, status] of [
      [{ authorization: `Bearer ${live.key}` }, 200],
      [{}, 401],
    ] as const) {
      const answer = await live.post('/v1/traces', '{}', { authorization: '', ...headers, origin });
      expect([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('vary')]).toEqual([
        status,
        origin,
        'Origin',
      ]);
    }
  });

  it.each([
    'https://other.example',
    'https://shop.example:444',
    'http://shop.example',
    'https://shop.example.evil.example',
    'null',
  ])('may not where they are not: %s', async (origin) => {
    const preflight = await ask(live, 'OPTIONS', { origin, ...PREFLIGHT });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
    expect(preflight.headers.get('vary')).toBe('Origin');
    expect((await live.post('/v1/traces', '{}', { origin })).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may not at all where none are named, and OPTIONS is answered like other methods', async () => {
    const closed = await run();
    const preflight = await ask(closed, 'OPTIONS', { origin: 'https://shop.example', ...PREFLIGHT });
    expect([preflight.status, preflight.headers.get('allow'), preflight.headers.get('vary')]).toEqual([405, 'POST', null]);
    expect((await ask(live, 'OPTIONS', {})).headers.get('allow')).toBe('POST, OPTIONS');
    await closed.close();
  });

  it('are named by scheme, host and port, and by nothing else', () => {
    expect(readOrigins(' https://shop.example, http://localhost:8080,')).toEqual([
      'https://shop.example',
      'http://localhost:8080',
    ]);
    for (const wrong of ['*', 'shop.example', 'https://shop.example/', 'https://shop.example/path', 'https://*.example'])
      expect(() => readOrigins(wrong)).toThrow(`"${wrong}" is no origin. Write scheme, host and port alone`);
  });
});

it.skipIf(CHROMIUM === undefined)(
  `a browser lets a page send and read the answer where its origin is named, and not elsewhere (${SKIPPED})`,
  async () => {
    const pages = [0, 1].map(() =>
      createServer((_, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><title>shop</title>');
      }),
    );
    const origins = await Promise.all(
      pages.map(
        (server) =>
          new Promise<string>((resolve) => {
            server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`));
          }),
      ),
    );
    const live = await run({ origins: origins.slice(0, 1) });
    const browser = await launch();
    try {
      const page = await browser.newPage();
      const send = async (origin: string | undefined, trace: string): Promise<string> => {
        await page.goto(origin ?? '');
        const request = {
          url: `${live.otlp.http}/v1/traces`,
          key: live.key,
          body: JSON.stringify(tracesObject('page', [{ trace }])),
        };
        return page.evaluate(async ({ url, key, body }) => {
          const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
          try {
            return String((await fetch(url, { method: 'POST', headers, body })).status);
          } catch (error) {
            return (error as Error).message;
          }
        }, request);
      };
      const [named, other] = [newId(32), newId(32)];
      expect(await send(origins[0], named)).toBe('200');
      expect((await live.get(`/api/traces/${named}`)).status).toBe(200);
      expect(await send(origins[1], other)).toBe('Failed to fetch');
      expect((await live.get(`/api/traces/${other}`)).status).toBe(404);
    } finally {
      await browser.close();
      await live.close();
      for (const server of pages) await closeServer(server);
    }
  },
);
