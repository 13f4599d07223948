import { afterAll, beforeAll, expect, it } from 'vitest';
import { faults, openApi, type Schema } from '../testing/openapi.ts';
import { logs, newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

let live: Running;
const MINUTE = 60_000;
const before = Date.now() - 10 * MINUTE;

beforeAll(async () => {
  live = await run();
  const [root, call] = [newId(16), newId(16)];
  const trace = newId(32);
  const of = (startMs: number) => [
    { trace, id: root, startMs, error: true },
    { trace, id: call, parent: root, kind: 3, startMs },
  ];
  await live.post('/v1/traces', traces('shop', [...of(before), { name: 'now' }]));
  await live.post('/v1/traces', traces('stock', [{ trace, parent: call, startMs: before }]));
  await live.post('/v1/logs', logs('shop', [{ severity: 17, timeMs: before, body: 'it broke' }]));
});
afterAll(() => live.close());

const ask = async (path: string, query: string): Promise<Record<string, object[]>> => {
  const response = await live.get(`${path}?${query}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as Record<string, object[]>;
};

it.each(['services', 'operations', 'topology', 'notable', 'errors'])(
  '/api/%s answers an interval that began before what is derived reaches back, as documented',
  async (name) => {
    const path = `/api/${name}`;
    const body = await ask(path, `from=${before - MINUTE}&to=${before + MINUTE}${name === 'services' ? '&history=1' : ''}`);
    const schema = openApi.paths[path]?.get?.responses['200']?.content?.['application/json']?.schema as Schema;
    expect(faults(body, schema)).toEqual([]);
    for (const list of Object.values(body).filter(Array.isArray)) expect(list).not.toEqual([]);
    expect(JSON.stringify(body)).not.toContain('"now"');
    const empty = await ask(path, `from=0&to=${before - MINUTE}`);
    for (const list of Object.values(empty).filter(Array.isArray)) expect(list).toEqual([]);
  },
);

it('says from when on an interval was counted', async () => {
  const { fromMs, toMs, services } = await ask('/api/services', 'from=0');
  expect(Math.abs(Number(fromMs) - before)).toBeLessThan(1);
  expect(Number(toMs)).toBeGreaterThan(before + 9 * MINUTE);
  expect(services).toMatchObject([
    { service: 'shop', requests: 2 },
    { service: 'stock', requests: 1 },
  ]);
});
