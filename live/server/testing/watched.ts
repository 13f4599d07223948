/** A watched PostgreSQL without one: the watcher's own readers over rows as a server gave them, sent by its own encoder. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { sampleActivity } from '../../../database/activity.ts';
import { createEmitter } from '../../../database/emit.ts';
import { LogShipper } from '../../../database/log-shipper.ts';
import { ServerReader } from '../../../database/server.ts';
import type { Session } from '../../../database/session.ts';
import { StatementReader } from '../../../database/statement-reader.ts';
import { newId } from './requests.ts';

/** Ids have 64 bits. */
export const LOCKING = '-7423871402384716253';
export const SCANNING = '3391205847710096137';
export const LOCKING_SQL = 'SELECT stock FROM products WHERE id = $1 FOR UPDATE';
export const SCANNING_SQL = 'SELECT count(*) FROM order_events WHERE email = $1';

const comment = (traceId: string, spanId: string): string => ` /*traceparent='00-${traceId}-${spanId}-01'*/`;

const counters = (queryid: string, calls: number, time: number, rows: number, read: number) => ({
  ...{ queryid, database: 'shop', calls, total_exec_time: time, total_plan_time: calls / 10, rows },
  ...{ shared_blks_hit: 100, shared_blks_read: read, temp_blks_read: 0, temp_blks_written: 0, wal_bytes: 0 },
});

const session = (pid: number, state: string, more: object) => ({
  ...{ pid, database: 'shop', role: 'shop', application: 'inventory', address: '127.0.0.1', port: 40_000 + pid },
  ...{ backend: 'client backend', state, waitType: null, wait: null, queryid: LOCKING, running: 2, transaction: 3, unchanged: 2 },
  ...{ blockers: [], ...more },
});

const PLAN = {
  'Query Text': `${SCANNING_SQL}`,
  Plan: {
    ...{ 'Node Type': 'Aggregate', 'Total Cost': 9000, 'Plan Rows': 1, 'Actual Rows': 1, 'Actual Loops': 1 },
    Plans: [
      {
        ...{ 'Node Type': 'Seq Scan', 'Relation Name': 'order_events', Alias: 'order_events', 'Total Cost': 8900 },
        ...{ 'Plan Rows': 5, 'Actual Rows': 2500, 'Actual Loops': 1, 'Rows Removed by Filter': 497_500 },
        Filter: '(email = $1)',
      },
    ],
  },
};

export interface Watched {
  /** The traces of who holds the lock, who waits for it, and who waits behind that one. */
  traces: readonly [holder: string, waiter: string, second: string];
  spans: readonly [string, string, string];
}

/** Two readings and a sample: a chain of three at one row, one dear scan with its plan, a table with dead rows and an index that nobody uses. */
export async function watchRecorded(live: { otlp: { http: string }; key: string }): Promise<Watched> {
  const [a, b, c] = [newId(32), newId(32), newId(32)];
  const spans = [newId(16), newId(16), newId(16)] as const;
  const emitter = createEmitter(
    { endpoint: live.otlp.http, headers: { authorization: `Bearer ${live.key}` } },
    resourceFromAttributes({ 'service.name': 'postgresql' }),
  );
  const folder = mkdtempSync(join(tmpdir(), 'sightline-jsonlog-'));
  const file = join(folder, 'postgresql.json');
  writeFileSync(file, '');
  const log = new LogShipper({ from: folder }, emitter, () => {});
  await log.ship();
  let turn = 0;
  const rows: [part: string, rows: () => object[]][] = [
    ['pg_stat_statements_info', () => [{ evicted: 0, reset: 'then' }]],
    ['strpos', () => []],
    [
      'DISTINCT ON',
      () => [
        { queryid: LOCKING, text: LOCKING_SQL },
        { queryid: SCANNING, text: SCANNING_SQL },
      ],
    ],
    [
      'total_exec_time',
      () => [
        counters(LOCKING, 10 * turn, 300 * turn, 10 * turn, 0),
        counters(SCANNING, 2 * turn, 900 * turn, 2 * turn, 800 * turn),
      ],
    ],
    [
      'FROM pg_stat_activity',
      () => [
        session(11, 'idle in transaction', { query: LOCKING_SQL + comment(a, spans[0]), transaction: 5 }),
        session(12, 'active', {
          query: LOCKING_SQL + comment(b, spans[1]),
          waitType: 'Lock',
          wait: 'transactionid',
          blockers: [11],
        }),
        session(13, 'active', {
          query: LOCKING_SQL + comment(c, spans[2]),
          ...{ waitType: 'Lock', wait: 'tuple', blockers: [12, 11], running: 1, unchanged: 1 },
        }),
      ],
    ],
    [
      'pg_stat_user_tables',
      () => [
        {
          ...{
            schema: 'public',
            table: 'order_events',
            scans: 2 * turn,
            scanRows: 1_000_000 * turn,
            live: 500_000,
            dead: 200_000,
          },
          ...{ modified: 200_000, vacuum: null, analyze: 3600, size: 40_000_000 },
        },
      ],
    ],
    [
      'pg_stat_user_indexes',
      () => [{ schema: 'public', table: 'order_events', index: 'order_events_by_kind', scans: 0, size: 9_000_000, unique: 0 }],
    ],
    ['pg_settings', () => [{ name: 'max_connections', value: '100' }]],
  ];
  const recorded: Session = {
    ...{ version: 170_000, pid: 1, statements: 'public', close: async () => {} },
    query: async <T>(sql: string) => (rows.find(([part]) => sql.includes(part))?.[1]() ?? []) as T[],
  };
  const statements = new StatementReader();
  const server = new ServerReader();
  const read = async () => {
    turn++;
    await sampleActivity(recorded, emitter, new Map());
    await statements.read(recorded, 'public', emitter);
    await server.read(recorded, emitter);
    await log.ship();
    await emitter.flush();
  };
  await read();
  const line = {
    ...{ timestamp: new Date().toISOString().replace('T', ' ').replace('Z', ' UTC'), pid: 12, user: 'shop', dbname: 'shop' },
    ...{
      error_severity: 'LOG',
      message: `duration: 450.000 ms  plan:\n${JSON.stringify({ ...PLAN, 'Query Text': SCANNING_SQL + comment(b, spans[1]) })}`,
    },
  };
  appendFileSync(file, `${JSON.stringify(line).replace('{', `{"query_id":${SCANNING},`)}\n`);
  await read();
  await read();
  rmSync(folder, { recursive: true });
  return { traces: [a, b, c], spans };
}
