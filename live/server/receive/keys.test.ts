import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { logs, metrics, newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { Keys, parseKeys } from './keys.ts';

describe('a key for one signal', () => {
  const page = { authorization: 'Bearer secret-of-page' };
  let live: Running;
  beforeAll(async () => {
    live = await run({ keys: 'app secret-of-app,page secret-of-page 0 traces' });
  });
  afterAll(() => live.close());

  it('sends that one and no other', async () => {
    const trace = newId(32);
    expect((await live.post('/v1/traces', traces('page', [{ trace }]), page)).status).toBe(200);
    expect((await live.get(`/api/traces/${trace}`)).status).toBe(200);
    for (const [path, bytes] of [
      ['/v1/metrics', metrics('page', [])],
      ['/v1/logs', logs('page', [{}])],
    ] as const) {
      const response = await live.post(path, bytes, { ...page });
      expect([response.status, await response.text()]).toEqual([401, expect.stringContaining('the key "page" may not send')]);
    }
    const { requests } = await live.json<{ requests: { signal: string; key: string | null; refused: object }[] }>('/api/ledger');
    expect(requests.filter(({ key }) => key === 'page').map(({ signal, refused }) => [signal, refused])).toEqual(
      expect.arrayContaining([
        ['traces', {}],
        ['metrics', { unauthorized: 1 }],
        ['logs', { unauthorized: 1 }],
      ]),
    );
  });

  it('asks for nothing, changes nothing, and follows nothing', async () => {
    for (const path of ['/api/services', '/api/ledger', '/metrics'])
      expect((await live.get(path, { headers: page })).status, path).toBe(401);
    for (const path of ['/api/login-links', '/api/import'])
      expect((await live.get(path, { method: 'POST', headers: page })).status, path).toBe(401);
    const socket = new WebSocket(`${live.url.replace('http', 'ws')}/stream`, { headers: page });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('401');
  });
});

it('is refused where it names a signal that does not exist, without telling its token', () => {
  expect(() => parseKeys('page secret-of-page 0 traces+spans', 'keys')).toThrow(
    'keys, line 1: page may send "spans", which is none of traces, metrics, logs. Write: name token [bytes per second [signals]]',
  );
  expect(parseKeys('page secret-of-page 0 traces+logs', 'keys')).toEqual([
    { name: 'page', token: 'secret-of-page', bytesPerSecond: 0, only: ['traces', 'logs'] },
  ]);
});

it('holds for who shows a certificate of its name: its signals and its bytes per second', () => {
  const keys = new Keys(parseKeys('page secret-of-page 10 traces', 'keys'), 0);
  expect(keys.ofHolder('page')).toBe(keys.named('page'));
  expect(keys.ofHolder('page')?.maySend('logs')).toBe(false);
  const other = keys.ofHolder('orders');
  expect(other).toMatchObject({ name: 'orders', limited: false });
  expect(keys.ofHolder('orders')).toBe(other);
  // No token opens what a certificate has made, and a name that no ledger can show is none.
  expect(keys.find('Bearer ')).toBeUndefined();
  expect(keys.ofHolder('two words')).toBeUndefined();
  expect(keys.ofHolder(undefined)).toBeUndefined();
});
