/** The watched database, as its watcher sends it, asked for over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults, openApi, type Schema } from '../testing/openapi.ts';
import { traces, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { LOCKING, LOCKING_SQL, SCANNING, SCANNING_SQL, type Watched, watchRecorded } from '../testing/watched.ts';

let live: Running;
let watched: Watched;

/** The answer, held against its description. */
async function ask<T>(path: string, query = ''): Promise<T> {
  const response = await live.get(`/api/database/${path}${query && `?${query}`}`);
  expect(response.status, path).toBe(200);
  const body: unknown = await response.json();
  const described = `/api/database/${path.replace(/-?\d{5,}/, '{queryId}')}`;
  expect(faults(body, openApi.paths[described]?.get?.responses['200']?.content?.['application/json']?.schema as Schema)).toEqual(
    [],
  );
  return body as T;
}

interface Statements {
  total: { calls: number; timeMs: number };
  statements: { queryId: string; text: string; calls: number; timeMs: number; before: unknown }[];
  next: string | null;
}

beforeAll(async () => {
  live = await run();
  watched = await watchRecorded(live);
  const [holder, waiter] = watched.traces;
  const request = { name: 'POST /reserve', kind: 2, id: '00000000000000aa', trace: waiter };
  const sql = { kind: 3, parent: request.id, trace: waiter, durationMs: 450 };
  await live.post(
    '/v1/traces',
    traces('inventory', [
      request,
      { ...sql, id: watched.spans[1], name: 'SELECT shop', attributes: { 'db.query.text': SCANNING_SQL } },
      {
        ...sql,
        name: 'SELECT shop',
        error: true,
        attributes: { 'db.query.text': 'SELECT count(*) FROM order_events WHERE email = $9' },
      },
      { ...sql, trace: holder, name: 'SELECT shop', attributes: { 'db.query.text': LOCKING_SQL } },
    ]),
  );
  await until(async () => (await ask<{ plans: object[] }>('plans')).plans.length > 0, 'the plan');
});
afterAll(() => live?.close());

describe('statements', () => {
  it('are listed with what they did, the dearest first, and add up to the total', async () => {
    const { statements, total, next } = await ask<Statements>('statements');
    expect(statements.map(({ queryId, text, calls, timeMs }) => [queryId, text, calls, timeMs])).toEqual([
      [SCANNING, SCANNING_SQL, 4, 1800],
      [LOCKING, LOCKING_SQL, 20, 600],
    ]);
    expect(total).toMatchObject({ calls: 24, timeMs: 2400, blocksRead: 1600 });
    expect(next).toBeNull();
  });

  it('are sorted by what is asked for, page by page', async () => {
    const first = await ask<Statements>('statements', 'sort=calls&limit=1');
    expect(first.statements.map(({ queryId }) => queryId)).toEqual([LOCKING]);
    const second = await ask<Statements>('statements', `sort=calls&limit=1&cursor=${first.next}`);
    expect([second.statements[0]?.queryId, second.next]).toEqual([SCANNING, null]);
  });

  it('are found by the trace that ran them, and by its span', async () => {
    const of = async (query: string) => (await ask<Statements>('statements', query)).statements.map(({ queryId }) => queryId);
    expect(await of(`traceId=${watched.traces[1]}&spanId=${watched.spans[1]}`)).toEqual([SCANNING]);
    expect(await of(`traceId=${watched.traces[0]}`)).toEqual([LOCKING]);
    expect(await of(`traceId=${watched.traces[2]}`)).toEqual([]);
  });

  it('have a change only where the interval before is held', async () => {
    expect((await ask<Statements>('statements')).statements[0]?.before).toBeNull();
    const now = Date.now();
    const late = await ask<Statements>('statements', `from=${now}&to=${now + 5000}`);
    expect(late.statements).toEqual([]);
  });

  it('have a page each: history, plans, callers from spans of the same text, waits', async () => {
    const scanning = await ask<{
      history: { calls: number[] };
      plans: {
        seen: number;
        traceId: string;
        nodes: { type: string; on: string; expensive: boolean; estimatedRows: number; actualRows: number }[];
      }[];
      callers: object;
    }>(`statements/${SCANNING}`);
    expect(scanning.history.calls.reduce((sum, n) => sum + n, 0)).toBe(4);
    expect(scanning.plans).toMatchObject([{ seen: 1, durationMs: 450, traceId: watched.traces[1] }]);
    expect(scanning.plans[0]?.nodes.filter(({ expensive }) => expensive)).toMatchObject([
      { type: 'Seq Scan', on: 'order_events', estimatedRows: 5, actualRows: 2500, removedRows: 497_500 },
    ]);
    expect(scanning.callers).toMatchObject({
      ...{ spans: 2, errors: 1, lookedAt: 2 },
      callers: [{ service: 'inventory', operation: 'POST /reserve', calls: 2, errors: 1 }],
    });
    const locking = await ask<{ waits: object[] }>(`statements/${LOCKING}`);
    expect(locking.waits).toMatchObject([
      { waitEventType: 'Lock', waitEvent: 'transactionid', samples: 3, share: 0.5 },
      { waitEventType: 'Lock', waitEvent: 'tuple', samples: 3, share: 0.5 },
    ]);
  });
});

it('sessions are counted by state and wait, and those of the last sample are named', async () => {
  const { series, sessions } = await ask<{
    series: { state: string; waitEvent: string; values: number[] }[];
    sessions: { pid: number }[];
  }>('sessions');
  expect(series.map(({ state, waitEvent, values }) => [state, waitEvent, Math.max(...values)])).toEqual([
    ['idle in transaction', '', 1],
    ['active', 'transactionid', 1],
    ['active', 'tuple', 1],
  ]);
  expect(sessions.map(({ pid }) => pid).sort()).toEqual([11, 12, 13]);
});

it('tables say what is wrong with them and what would mend it', async () => {
  const { tables } = await ask<{ tables: { findings: { kind: string; sentence: string; mend: string; queryId: string }[] }[] }>(
    'tables',
  );
  expect(tables[0]?.findings).toMatchObject([
    { kind: 'dead-rows', mend: 'VACUUM (ANALYZE) public.order_events;' },
    { kind: 'stale-statistics', mend: 'ANALYZE public.order_events;' },
    { kind: 'sequential-scans', mend: 'CREATE INDEX CONCURRENTLY ON public.order_events (email);', queryId: SCANNING },
    { kind: 'unused-index', mend: 'DROP INDEX CONCURRENTLY public.order_events_by_kind;' },
  ]);
  expect(tables[0]?.findings[0]?.sentence).toBe('200,000 of 700,000 rows are dead and are read with the others; never vacuumed.');
});

it('a lock is told of as a tree with the traces of who holds it and who waits, while it lasts and afterwards', async () => {
  const [a, b, c] = watched.traces;
  const tree = {
    session: { pid: 11, traceId: a },
    sessions: 2,
    waiting: [{ session: { pid: 12, traceId: b }, waiting: [{ session: { pid: 13, traceId: c }, waiting: [] }] }],
  };
  expect((await ask<{ locks: object[] }>('locks')).locks).toMatchObject([{ now: true, ...tree }]);
  const { toMs } = await ask<{ toMs: number }>('locks');
  expect((await ask<{ locks: object[] }>('locks', `from=0&to=${toMs - 3_600_000}`)).locks).toEqual([]);
});

it.each([
  ['statements?sort=dear', 'sort=dear: must be one of time, calls, mean, rows, reads'],
  ['statements/7x', 'queryid'],
  ['sessions?points=0', 'points=0: must be an integer from 1 to 1000'],
  ['tables?limit=5000', 'limit=5000'],
])('a wrong parameter is refused in one line: %s', async (path, part) => {
  const response = await live.get(`/api/database/${path}`);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { error: { message: string } }).error.message).toContain(part);
});

it('says of a statement of which nothing is held that it is so', async () => {
  const response = await live.get('/api/database/statements/12345678');
  expect([response.status, await response.text()]).toEqual([
    404,
    expect.stringContaining('nothing is held of statement 12345678'),
  ]);
});
