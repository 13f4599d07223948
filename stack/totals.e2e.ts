/** Ten minutes of traffic: what the watcher sent of all statements is what pg_stat_statements counted, and of those that spans run, what the spans are. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WATCHER } from '../app/local/postgres.ts';
import { startTestShop, type TestShop } from '../app/testing/shop.ts';
import { MARK } from '../database/session.ts';
import { type Running, run } from '../live/server/testing/running.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { drive } from '../traffic-generator/node-driver.ts';
import { SHAPES } from '../traffic-generator/shapes.ts';

const TRAFFIC_MS = 600_000;
/** Two readings of the watcher, and more. */
const LOOKED_MS = 15_000;
/** Parts of statements that only requests run, so that each call has its span. */
const OF_REQUESTS = ['strpos(lower(name)', 'FROM products WHERE id = $1', 'INSERT INTO orders', 'INSERT INTO charges'];

interface Statements {
  total: { calls: number; rows: number; timeMs: number };
  statements: { queryId: string; text: string; calls: number }[];
}

let live: Running;
let test: TestShop;
let monitor: pg.Client;
const began = Date.now();

beforeAll(async () => {
  live = await run();
  test = await startTestShop({
    OTEL_EXPORTER_OTLP_ENDPOINT: live.otlp.http,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${live.key}`,
  });
  // Others see no text of a statement that is not theirs, and could not tell the watcher's own.
  monitor = new pg.Client({ ...test.shop.database, user: WATCHER });
  await monitor.connect();
  await eventually('the watcher counts', async () => (await sent()).total.calls > 0);
});
afterAll(async () => {
  await monitor?.end();
  await test?.stop();
  await live?.close();
});

const sent = () => live.json<Statements>(`/api/database/statements?limit=1000&from=${began}`);

/** What the server counted and the watcher has not sent: the shop looks after its orders all the time, so the least of many looks is when it had sent all. */
async function notSent(): Promise<Statements['total']> {
  let least: Statements['total'] | undefined;
  for (const until = Date.now() + LOOKED_MS; Date.now() < until; ) {
    const { total } = await sent();
    const { rows } = await monitor.query(
      `SELECT ${MARK} sum(calls)::float8 AS calls, sum(rows)::float8 AS rows, sum(total_exec_time)::float8 AS time
       FROM pg_stat_statements WHERE strpos(query, '${MARK}') = 0`,
    );
    const [counted] = rows as { calls: number; rows: number; time: number }[];
    if (counted === undefined) throw new Error('the server counts nothing');
    const left = {
      calls: counted.calls - total.calls,
      rows: counted.rows - total.rows,
      timeMs: counted.time - total.timeMs,
    };
    if (least === undefined || left.calls < least.calls) least = left;
  }
  if (least === undefined) throw new Error('nobody looked');
  return least;
}

/** Calls and spans of each statement that only requests run. */
async function ofRequests(): Promise<Record<string, { calls: number; spans: number }>> {
  const { statements } = await sent();
  const found: Record<string, { calls: number; spans: number }> = {};
  for (const part of OF_REQUESTS)
    for (const { queryId, text, calls } of statements.filter((one) => one.text.includes(part))) {
      const { callers } = await live.json<{ callers: { spans: number } }>(`/api/database/statements/${queryId}?from=${began}`);
      found[text] = { calls, spans: callers.spans };
    }
  return found;
}

it('add up to what the server counted, and to the spans', async () => {
  const before = await notSent();
  const spansBefore = await ofRequests();
  const over = new AbortController();
  const traffic = drive({
    target: `http://127.0.0.1:${test.shop.ports.storefront.port}`,
    shape: SHAPES.steady,
    signal: over.signal,
  });
  await new Promise((resolve) => setTimeout(resolve, TRAFFIC_MS));
  over.abort();
  await traffic;
  const after = await notSent();
  const { total } = await sent();
  console.info(
    `sent of ten minutes: ${JSON.stringify(total)}; not sent before: ${JSON.stringify(before)}, after: ${JSON.stringify(after)}`,
  );
  expect(total.calls).toBeGreaterThan(1000);
  expect([after.calls, after.rows]).toEqual([before.calls, before.rows]);
  expect(after.timeMs).toBeCloseTo(before.timeMs, 1);
  const spansAfter = await ofRequests();
  console.info(spansAfter);
  expect(Object.keys(spansAfter).length).toBeGreaterThanOrEqual(OF_REQUESTS.length);
  for (const [text, { calls, spans }] of Object.entries(spansAfter)) {
    const was = spansBefore[text] ?? { calls: 0, spans: 0 };
    expect([text, spans - was.spans]).toEqual([text, calls - was.calls]);
  }
});
