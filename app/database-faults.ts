import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { transaction } from './database.ts';
import type { Faults } from './fault-switch.ts';
import type { FaultName } from './faults.ts';

// What faults do to the database: the mistakes that teams make, in requests where they make them, so that each has a trace.

/** Tables of a fault's own: made when it begins, dropped when it ends; unlogged, so that the server's disk is spared. */
interface Tables {
  schema: string;
  names: string[];
}

const TABLES = {
  // Half a million events, asked for by what no index knows; read by one process, so that it is slow enough for the server's log.
  'missing-index': {
    names: ['order_events'],
    schema: `CREATE UNLOGGED TABLE order_events WITH (parallel_workers = 0) AS SELECT n AS id,
      jsonb_build_object('kind', 'viewed', 'page', n % 97, 'customer', 'customer' || n % 800 || '@example.com') AS payload FROM generate_series(1, 500000) AS n`,
  },
  // Counted by ANALYZE while no kind came twice; since then 2,500 rows of one kind, of which the planner expects one.
  'bad-plan': {
    names: ['sales'],
    schema: `
      CREATE UNLOGGED TABLE sales (id integer PRIMARY KEY, customer integer NOT NULL, kind text NOT NULL) WITH (autovacuum_enabled = off);
      CREATE INDEX sales_by_kind ON sales (kind);
      INSERT INTO sales SELECT n, n, 'kind ' || n FROM generate_series(1, 5000) AS n;
      ANALYZE sales;
      INSERT INTO sales SELECT n, n % 1500, 'gift card' FROM generate_series(5001, 7500) AS n`,
  },
  'table-bloat': {
    names: ['product_views'],
    schema: `
      CREATE UNLOGGED TABLE product_views (product_id integer PRIMARY KEY, seen integer NOT NULL, note text NOT NULL) WITH (autovacuum_enabled = off);
      INSERT INTO product_views SELECT n, 0, repeat('.', 60) FROM generate_series(1, 3000) AS n`,
  },
} as const satisfies Partial<Record<FaultName, Tables>>;

/** How long lock-contention keeps its row: longer than a caller waits, so that its second attempt waits for its first. */
const HELD_MILLISECONDS = 2500;
/** Between the two locks of deadlock: with few orders a second, time enough for another one to come. */
const BETWEEN_MILLISECONDS = 400;
/** Rewrites of all 3,000 rows by table-bloat, at most: 600,000 dead rows, 100 MB. */
const MOST_REWRITES = 200;
/** Open transactions of idle-in-transaction at a time, and how long each stays open, in milliseconds. */
const MOST_IDLE = 2;
const IDLE_MILLISECONDS = 20_000;
/** The share of the server's connections that are taken when the storm is over: the rest is for those who look into it. */
const STORM_SHARE = 0.85;
/** How often it takes what has become free. */
const STORM_MILLISECONDS = 500;

/** The faults of one service in its database. */
export interface DatabaseFaults {
  /** Waits while it holds `client`'s locks, as for an answer from elsewhere: every reservation takes the same row first. */
  lockContention(client: pg.PoolClient): Promise<void>;
  /** Locks two rows in an order that depends on the order's id. */
  deadlock(client: pg.PoolClient, id: string): Promise<void>;
  /** Leaves a transaction open after its only statement. */
  idleInTransaction(id: number): Promise<void>;
  /** Counts a view of a product in every row. */
  tableBloat(id: number): Promise<void>;
  missingIndex(email: string): Promise<void>;
  badPlan(): Promise<void>;
}

export function databaseFaults(pool: pg.Pool, faults: Faults, logger: Logger, own: readonly FaultName[]): DatabaseFaults {
  const there = new Set<FaultName>();
  let rewrites = 0;
  const idle = new Set<AbortController>();

  for (const name of own) {
    if (name === 'connection-storm') faults.during(name, () => storm(pool, logger));
    if (name === 'idle-in-transaction')
      faults.during(name, () => () => {
        for (const one of idle) one.abort();
      });
    if (name in TABLES) faults.during(name, () => withTables(name, TABLES[name as keyof typeof TABLES]));
  }

  function withTables(name: FaultName, { schema, names }: Tables): () => void {
    rewrites = 0;
    const drop = `DROP TABLE IF EXISTS ${names.join(', ')}`;
    // A process that was killed has left its own.
    const made = transaction(pool, (client) => client.query(`${drop}; ${schema}`)).then(
      () => faults.on(name) && there.add(name),
      (error) => logger.warn(`the fault ${name} has no table: ${error.message}`),
    );
    return () => {
      there.delete(name);
      made
        .then(() => pool.query(drop))
        .catch((error) => logger.warn(`the table of the fault ${name} is still there: ${error.message}`));
    };
  }

  return {
    async lockContention(client) {
      if (!faults.on('lock-contention')) return;
      await client.query('SELECT stock FROM products WHERE id = 1 FOR UPDATE');
      await wait(HELD_MILLISECONDS);
    },
    async deadlock(client, id) {
      if (!faults.on('deadlock')) return;
      const rows = Number.parseInt(id.at(-1) ?? '0', 16) % 2 === 0 ? [2, 3] : [3, 2];
      for (const row of rows) {
        await client.query('SELECT stock FROM products WHERE id = $1 FOR UPDATE', [row]);
        await wait(BETWEEN_MILLISECONDS);
      }
    },
    async idleInTransaction(id) {
      if (!faults.on('idle-in-transaction') || idle.size >= MOST_IDLE) return;
      const over = new AbortController();
      idle.add(over);
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query('SELECT stock FROM products WHERE id = $1 FOR SHARE', [id]);
      // Not waited for: the request goes on, its transaction stays.
      void wait(IDLE_MILLISECONDS, undefined, { signal: over.signal })
        .catch(() => {})
        .then(() => client.query('ROLLBACK'))
        .then(
          () => client.release(),
          (error) => client.release(error),
        )
        .finally(() => idle.delete(over));
    },
    async tableBloat(id) {
      if (!there.has('table-bloat')) return;
      rewrites++;
      const all = rewrites <= MOST_REWRITES;
      await pool.query(`UPDATE product_views SET seen = seen + 1${all ? '' : ' WHERE product_id = $1'}`, all ? [] : [id]);
    },
    async missingIndex(email) {
      if (!there.has('missing-index')) return;
      await pool.query(
        `SELECT id, payload->>'kind' AS kind FROM order_events WHERE lower(payload->>'customer') = lower($1) LIMIT 5`,
        [`not-${email}`],
      );
    },
    async badPlan() {
      if (!there.has('bad-plan')) return;
      await pool.query(
        'SELECT count(*) FROM sales AS a JOIN sales AS b ON b.customer = a.customer WHERE a.kind = $1 AND b.kind = $1 AND b.id > a.id',
        ['gift card'],
      );
    },
  };
}

/** Opens connections beside the pool until only a few are left, as a service that scales out or leaks them. */
function storm(pool: pg.Pool, logger: Logger): () => void {
  const opened: pg.Client[] = [];
  const over = new AbortController();
  const open = async () => {
    const { rows } = await pool.query<{ most: number; taken: number }>(
      // Not from pg_stat_activity: what kind of session another role's is, it tells nobody but monitors.
      "SELECT current_setting('max_connections')::int AS most, (SELECT sum(numbackends)::int FROM pg_stat_database) AS taken",
    );
    const { most = 0, taken = 0 } = rows[0] ?? {};
    for (let n = taken; n < Math.floor(most * STORM_SHARE) && !over.signal.aborted; n++) {
      // A pool hides its password from whoever copies its options.
      const client = new pg.Client({ ...pool.options, password: pool.options.password, application_name: 'connection-storm' });
      client.on('error', () => {});
      opened.push(client);
      await client.connect();
    }
  };
  // Again and again: those that others had when it began are closed meanwhile.
  const hold = async () => {
    while (!over.signal.aborted) {
      await open();
      await wait(STORM_MILLISECONDS, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const end = () => {
    for (const client of opened.splice(0)) void client.end().catch(() => {});
  };
  hold()
    .catch((error) => logger.warn(`the storm ends early: ${error.message}`))
    .finally(() => over.signal.aborted && end());
  return () => {
    over.abort();
    end();
  };
}
