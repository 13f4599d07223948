/** Each fault of the database on a real PostgreSQL: what the live view has of it, with the trace of the request that it befell. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, run } from '../live/server/testing/running.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { type Answer, startTestShop, type TestShop } from './testing/shop.ts';

interface Log {
  body: string;
  traceId: string;
  attributes: Record<string, unknown>;
}
/** As OTLP JSON has them. */
interface Span {
  attributes: { key: string; value: { stringValue?: string } }[];
}

let live: Running;
let test: TestShop;
let admin: pg.Client;
const traces = new Set<string>();

beforeAll(async () => {
  live = await run();
  test = await startTestShop({
    OTEL_EXPORTER_OTLP_ENDPOINT: live.otlp.http,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${live.key}`,
  });
  admin = new pg.Client(test.shop.database);
  await admin.connect();
  await eventually('the watcher has begun', async () => (await logs('settings of')).length > 0);
});
afterAll(async () => {
  await admin?.end();
  await test?.stop();
  await live?.close();
});

const logs = async (text: string): Promise<Log[]> =>
  (await live.json<{ logs: Log[] }>(`/api/logs?limit=1000&text=${encodeURIComponent(text)}`)).logs;
const samples = async (): Promise<Log[]> =>
  (await live.json<{ logs: Log[] }>('/api/logs?limit=1000&service=postgresql')).logs.filter(
    ({ attributes }) => 'postgresql.blocked_by' in attributes,
  );
/** How many SQL spans of the trace have `text` in their statement. */
const statements = async (traceId: string, text: string): Promise<number> => {
  const { resourceSpans = [] } = await live.json<{ resourceSpans?: { scopeSpans: { spans: Span[] }[] }[] }>(
    `/api/traces/${traceId}`,
  );
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const sql = ({ attributes }: Span) => attributes.find(({ key }) => key === 'db.query.text')?.value.stringValue ?? '';
  return spans.filter((span) => sql(span).includes(text)).length;
};
const anyTrace = async (holds: (traceId: string) => Promise<boolean>): Promise<boolean> =>
  (await Promise.all([...traces].map(holds))).some(Boolean);
/** The newest value of all series that have these attributes, added up. */
const latest = async (metric: string, having: Record<string, string> = {}): Promise<number> => {
  const { series = [] } = await live.json<{ series?: { values: (number | null)[]; attributes: Record<string, string> }[] }>(
    `/api/metrics/${metric}?limit=1000`,
  );
  const of = series.filter(({ attributes }) => Object.entries(having).every(([key, value]) => attributes[key] === value));
  return of.reduce((sum, { values }) => sum + (values.findLast((one) => one !== null) ?? 0), 0);
};
const ask = async (request: Promise<Answer>): Promise<Answer> => {
  const answer = await request;
  traces.add(answer.traceId);
  return answer;
};
const buy = () => ask(test.checkout());
const look = () => ask(test.get('/api/products/7'));
const ofRequest = ({ traceId }: Log) => traces.has(traceId);
const tables = async () =>
  (await admin.query(`SELECT relname FROM pg_stat_user_tables WHERE relname IN ('order_events', 'sales', 'product_views')`)).rows;

/** Sends `requests` again and again with the fault on, until `seen`; says how long it took. */
async function seenUnder(name: FaultName, requests: () => Promise<unknown>, seen: () => Promise<unknown>): Promise<void> {
  const { service } = FAULTS[name];
  traces.clear();
  expect(await test.fault(service, name, true)).toBe(200);
  const began = performance.now();
  try {
    await eventually(
      `${name} is seen`,
      async () => {
        await requests();
        return seen();
      },
      50,
    );
    console.log(`${name}: seen after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  } finally {
    expect(await test.fault(service, name, false)).toBe(200);
  }
}

describe('a fault of the database', { timeout: 90_000 }, () => {
  it('lock-contention: the samples name who waits and for whom, the log who waited, both with the traces of orders', async () => {
    await seenUnder(
      'lock-contention',
      () => Promise.all([buy(), buy(), buy()]),
      async () => {
        const held = await samples();
        const blocked = held.find((one) => ofRequest(one) && (one.attributes['postgresql.blocked_by'] as number[]).length > 0);
        const blockers = (blocked?.attributes['postgresql.blocked_by'] ?? []) as number[];
        const blocker = held.find((one) => ofRequest(one) && blockers.includes(Number(one.attributes['postgresql.pid'])));
        return blocker && blocker.traceId !== blocked?.traceId && (await logs('still waiting for')).some(ofRequest);
      },
    );
  });

  it('deadlock: an error in the log with the trace of the order that it failed', async () => {
    await seenUnder(
      'deadlock',
      () => Promise.all(Array.from({ length: 4 }, buy)),
      async () => (await logs('deadlock detected')).some(ofRequest),
    );
  });

  it('missing-index: a plan with a sequential scan and the trace of the order, and the rows that were read', async () => {
    await seenUnder('missing-index', buy, async () => {
      const rows = await latest('postgresql.sequential_scan.rows', { 'postgresql.table.name': 'order_events' });
      const scan = /"Node Type":"Seq Scan".*order_events/;
      const planned = (await logs('plan of')).filter(ofRequest);
      return rows >= 500_000 && planned.some(({ attributes }) => scan.test(String(attributes['postgresql.plan'])));
    });
  });

  it('n-plus-one: twelve times the same statement in one trace', async () => {
    await seenUnder(
      'n-plus-one',
      () => ask(test.get('/api/products?search=lamp')),
      () => anyTrace(async (traceId) => (await statements(traceId, 'WHERE id = $1')) === 12),
    );
  });

  it('idle-in-transaction: a session whose last statement names the request that left it', async () => {
    await seenUnder('idle-in-transaction', look, async () =>
      (await samples()).some((one) => ofRequest(one) && one.attributes['postgresql.state'] === 'idle in transaction'),
    );
    await eventually('none is left open', async () => {
      const { rows } = await admin.query(`SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'`);
      return rows.length === 0;
    });
  });

  it('connection-storm: connections near the limit, and as few as before after it', async () => {
    const { rows } = await admin.query(`SELECT current_setting('max_connections')::int AS most`);
    const sessions = () => latest('postgresql.session.count');
    await seenUnder('connection-storm', look, async () => (await sessions()) > 0.8 * rows[0].most);
    await eventually('they are closed', async () => (await sessions()) < 0.8 * rows[0].most);
    expect((await look()).status).toBe(200);
  });

  it('table-bloat: dead rows, in a table that goes with it', async () => {
    const dead = () => latest('postgresql.rows', { 'postgresql.table.name': 'product_views', state: 'dead' });
    await seenUnder('table-bloat', look, async () => (await dead()) > 20_000);
  });

  it('bad-plan: a plan of thousands of loops where one row was estimated, with the trace of the order', async () => {
    await seenUnder('bad-plan', buy, async () =>
      (await logs('plan of')).some(
        (one) => ofRequest(one) && /"Plan Rows":1,.*"Actual Loops":2500/.test(String(one.attributes['postgresql.plan'])),
      ),
    );
  });

  it('leaves no table behind', async () => {
    await eventually('the tables are dropped', async () => (await tables()).length === 0);
  });
});
