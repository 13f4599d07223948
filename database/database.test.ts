/** The watcher on a real PostgreSQL, its OTLP taken by a real live view. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../app/local/free-ports.ts';
import { type Postgres, startPostgres } from '../app/local/postgres.ts';
import { startReaper } from '../app/local/reaper.ts';
import { type Running, run } from '../live/server/testing/running.ts';
import { ROOT } from '../telemetry/root.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { METRICS } from './names.ts';
import { MARK } from './session.ts';

const PASSWORD = 'a-password';
const CANARY = 'canary@example.com';
const reaper = startReaper();
let port = 0;
let postgres: Postgres;
let live: Running;

interface Log {
  body: string;
  level: string;
  traceId: string;
  attributes: Record<string, unknown>;
}
const logs = async (text = ''): Promise<Log[]> =>
  (await live.json<{ logs: Log[] }>(`/api/logs?limit=1000&text=${encodeURIComponent(text)}`)).logs;
const traceparent = (traceId: string) => `/*traceparent='00-${traceId}-b7ad6b7169203331-01'*/`;
const trace = (n: number) => `${n}`.padStart(32, '0');

async function connect(user = 'shop', database = 'shop'): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password: PASSWORD, database });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function as<T>(user: string, work: (client: pg.Client) => Promise<T>, database?: string): Promise<T> {
  const client = await connect(user, database);
  return work(client).finally(() => client.end());
}

interface Watcher {
  child: ChildProcess;
  said: () => string;
  stop(): Promise<number | null>;
}
function watchAs(user: string, { database = 'shop', password = PASSWORD, log = true } = {}): Watcher {
  const child = fork(
    join(ROOT, 'dist', 'database', 'main.js'),
    ['--url', `postgres://${user}@127.0.0.1:${port}/${database}`, ...(log ? ['--log', postgres.logs] : [])],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        PGPASSWORD: password,
        OTEL_EXPORTER_OTLP_ENDPOINT: live.otlp.http,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${live.key}`,
      },
    },
  );
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const exited = once(child, 'exit');
  return {
    child,
    said: () => said,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  [postgres, live] = await Promise.all([startPostgres(port, PASSWORD, reaper), run()]);
  await as('shop', (shop) =>
    shop.query(
      'CREATE TABLE t (id serial PRIMARY KEY, email text, n int); INSERT INTO t (n) SELECT g FROM generate_series(1, 20000) g',
    ),
  );
});
afterAll(async () => {
  await live?.close();
  await postgres?.stop();
});

describe('a watched database', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = watchAs('monitor');
    // The second reading has the first interval.
    await eventually('settings are sent', async () => (await logs('settings of')).length > 0);
  });
  afterAll(async () => {
    await watcher?.stop();
  });

  it('shows a slow statement as a line, a sample and a plan, all in the trace that ran it, and no literal of it', async () => {
    const sql = `SELECT count(*), pg_sleep(1.3) FROM t WHERE n > $1 AND email = '${CANARY}' ${traceparent(trace(1))}`;
    await as('shop', (shop) => shop.query(sql, [10]));
    // auto_explain samples, so that one in two has its plan.
    await eventually('a plan', async () => {
      await as('shop', (shop) =>
        shop.query(`SELECT count(*), pg_sleep(0.15) FROM t WHERE n > $1 ${traceparent(trace(2))}`, [10]),
      );
      return (await logs()).some(({ attributes }) => 'postgresql.plan' in attributes);
    });
    await eventually('the line', async () => (await logs('duration: 1')).length > 0);
    const all = await logs();
    const ofTrace = all.filter(({ traceId }) => traceId === trace(1));
    expect(ofTrace.some(({ body }) => /^duration: 1\d{3}\.\d+ ms/.test(body))).toBe(true);
    expect(ofTrace.some(({ attributes }) => attributes['postgresql.state'] === 'active')).toBe(true);
    const planned = all.find(({ attributes }) => 'postgresql.plan' in attributes);
    expect([trace(1), trace(2)]).toContain(planned?.traceId);
    expect(JSON.parse(String(planned?.attributes['postgresql.plan']))).toMatchObject({ 'Node Type': 'Aggregate' });
    expect(JSON.stringify(all)).not.toContain(CANARY);
  });

  it('shows who waits for whom, with both traces', async () => {
    const [holder, waiter] = await Promise.all([connect(), connect()]);
    await holder.query('BEGIN');
    await holder.query(`UPDATE t SET n = 0 WHERE id = 1 ${traceparent(trace(3))}`);
    const waiting = waiter.query(`UPDATE t SET n = 1 WHERE id = 1 ${traceparent(trace(4))}`);
    const find = async (traceId: string) =>
      (await logs()).find((log) => log.traceId === traceId && 'postgresql.blocked_by' in log.attributes);
    await eventually('the wait is sampled', async () => {
      const blocked = await find(trace(4));
      return ((blocked?.attributes['postgresql.blocked_by'] ?? []) as number[]).length > 0;
    });
    const [blocker, blocked] = [await find(trace(3)), await find(trace(4))];
    expect(blocked?.attributes['postgresql.blocked_by']).toEqual([blocker?.attributes['postgresql.pid']]);
    expect(blocked?.attributes['postgresql.wait_event_type']).toBe('Lock');
    await holder.query('COMMIT');
    await waiting;
    await Promise.all([holder.end(), waiter.end()]);
  });

  it('counts as many calls of a statement as there are spans that ran it, and names who ran it', async () => {
    const script = `
      import { trace } from '@opentelemetry/api';
      import pg from 'pg';
      const client = new pg.Client(${JSON.stringify({ host: '127.0.0.1', port, user: 'shop', password: PASSWORD, database: 'shop' })});
      await client.connect();
      for (const name of ['GET /one', 'GET /other'])
        await trace.getTracer('test').startActiveSpan(name, async (span) => {
          for (let i = 0; i < 40; i++) await client.query('SELECT email AS counted FROM t WHERE id = $1', [i]);
          span.end();
        });
      await client.end();`;
    const register = join(ROOT, 'dist', 'telemetry', 'register.js');
    await promisify(execFile)(process.execPath, ['--import', register, '--input-type=module', '-e', script], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        OTEL_SERVICE_NAME: 'counter',
        OTEL_EXPORTER_OTLP_ENDPOINT: live.otlp.http,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${live.key}`,
      },
    });
    let counted: { queryId: string; calls: number } | undefined;
    await eventually('all calls are counted', async () => {
      const { statements } = await live.json<{ statements: { queryId: string; calls: number }[] }>(
        '/api/database/statements?text=as%20counted',
      );
      counted = statements[0];
      return counted !== undefined && counted.calls >= 80;
    });
    const { callers } = await live.json<{ callers: { spans: number; callers: { operation: string }[] } }>(
      `/api/database/statements/${counted?.queryId}`,
    );
    expect([counted?.calls, callers.spans]).toEqual([80, 80]);
    expect(callers.callers.sort((a, b) => a.operation.localeCompare(b.operation))).toEqual(
      ['GET /one', 'GET /other'].map((operation) => expect.objectContaining({ service: 'counter', operation, calls: 40 })),
    );
  });

  it('tells of an error without the values of the row', async () => {
    const failing = as('shop', (shop) =>
      shop.query(`INSERT INTO t (id, email) VALUES (1, '${CANARY}') ${traceparent(trace(5))}`),
    );
    await expect(failing).rejects.toThrow('duplicate key');
    await eventually('the line', async () => (await logs('duplicate key')).length > 0);
    const [line] = await logs('duplicate key');
    expect(line).toMatchObject({ level: 'error', traceId: trace(5), attributes: { 'db.response.status_code': '23505' } });
    expect(JSON.stringify(line)).not.toContain(CANARY);
    expect(line?.attributes['postgresql.detail']).toBe('Key (id)=(?) already exists.');
  });

  it('survives a database that goes away and comes back, and says so in a line each', async () => {
    await postgres.stop();
    await eventually('the loss is told', () => /no database at|reading the database failed/.test(watcher.said()));
    postgres = await startPostgres(port, PASSWORD, reaper);
    await eventually('it watches again', () => (watcher.said().match(/watching/g) ?? []).length === 2);
    expect(watcher.child.exitCode).toBe(null);
  });

  it('ends cleanly when it is told to', async () => {
    expect(await watcher.stop()).toBe(0);
  });
});

describe('what cannot be watched is told in one line that says what to do', () => {
  it.each([
    ['a wrong password', { user: 'monitor', password: 'wrong' }, 'does not let'],
    ['no such database', { user: 'monitor', database: 'nothing' }, 'there is no database'],
    ['a role without rights', { user: 'shop' }, 'GRANT pg_monitor TO shop;'],
    ['a database without the extension', { user: 'monitor', database: 'postgres' }, 'CREATE EXTENSION pg_stat_statements'],
  ])('%s', async (_, { user, ...options }, line) => {
    const watcher = watchAs(user, { ...options, log: false });
    await eventually('it is told', () => watcher.said().includes(line));
    expect(watcher.said()).not.toMatch(/\n\s+at /);
    expect(await watcher.stop()).toBe(0);
  });
});

describe('totals', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    await as('shop', async (shop) => {
      for (let i = 0; i < 100; i++) await shop.query(`CREATE TABLE t${i} (id int)`);
    });
    const before = (await logs('settings of')).length;
    watcher = watchAs('monitor', { log: false });
    await eventually('it has read once', async () => (await logs('settings of')).length > before);
  });
  afterAll(async () => {
    await watcher?.stop();
  });

  const points = async (name: string) => {
    const { series = [] } = await live.json<{ series?: { values: number[]; attributes: Record<string, string> }[] }>(
      `/api/metrics/${name}?limit=1000`,
    );
    return series;
  };
  const sent = async (name: string) =>
    (await points(name)).flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
  /** By a statement that counts as ours, so that asking changes nothing. */
  const counted = async () => {
    const { rows } = await as(
      'postgres',
      (admin) =>
        admin.query(
          `SELECT ${MARK} sum(calls)::float8 AS calls, sum(rows)::float8 AS rows FROM pg_stat_statements WHERE strpos(query, '${MARK}') = 0`,
          [],
        ),
      'shop',
    );
    return rows[0] as { calls: number; rows: number };
  };
  const statement = (i: number) =>
    `SELECT ${Array(Math.floor(i / 100) + 1)
      .fill('id')
      .join(' + ')} FROM t${i % 100}`;

  it('are those of pg_stat_statements: the dearest by name, the rest as one', async () => {
    const [before, sentBefore] = [await counted(), { calls: await sent(METRICS.calls), rows: await sent(METRICS.rows) }];
    await as('shop', async (shop) => {
      for (let i = 0; i < 400; i++) await shop.query(statement(i % 200));
      await shop.query('SELECT * FROM generate_series(1, 1234)');
    });
    const after = await counted();
    await eventually(
      'all calls are sent',
      async () => (await sent(METRICS.calls)) - sentBefore.calls >= after.calls - before.calls,
    );
    expect((await sent(METRICS.calls)) - sentBefore.calls).toBe(after.calls - before.calls);
    expect((await sent(METRICS.rows)) - sentBefore.rows).toBe(after.rows - before.rows);
    expect((await points(METRICS.calls)).some(({ attributes }) => attributes['postgresql.query_id'] === 'other')).toBe(true);
  });

  it('count what the server has evicted, with 10,000 statements, and take one of 1 MB', async () => {
    await as('shop', async (shop) => {
      for (let i = 0; i < 10_000; i += 50) await shop.query(Array.from({ length: 50 }, (_, j) => statement(i + j)).join(';'));
      await shop.query(`SELECT '${'x'.repeat(2 ** 20)}' AS large`);
    });
    await eventually('evictions are counted', async () => (await sent(METRICS.evicted)) > 0);
    expect(watcher.said().trim().split('\n')).toHaveLength(1);
  });

  it('begin anew when the statistics are reset, and say so', async () => {
    await as('postgres', (admin) => admin.query('SELECT pg_stat_statements_reset()'), 'shop');
    await eventually('the reset is told', async () => (await logs('the statistics were reset')).length > 0);
    const { calls } = await counted();
    await as('shop', (shop) => shop.query('SELECT 1 AS after_reset'));
    const before = await sent(METRICS.calls);
    await eventually('counting goes on', async () => (await sent(METRICS.calls)) > before || (await counted()).calls > calls + 5);
  });
});
