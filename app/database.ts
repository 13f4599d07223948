import pg from 'pg';
import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.ts';
import { LABELS } from '../telemetry/signals.ts';

export interface Database {
  pool: pg.Pool;
  /** Resolves when the schema is there and its seed data in it. */
  migrated: Promise<void>;
  /** True once migrated and as long as a query is answered. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Opens a pool on the PG* variables' database with `schema` as its search path, and runs `migration` (SQL that may run any number of times) in one
 * transaction under an advisory lock, again and again until the database is there.
 */
export function openDatabase(
  schema: string,
  migration: string,
  options: { password: string | undefined; metrics: Metrics; logger: Logger },
): Database {
  const pool = new pg.Pool({
    password: options.password,
    max: 8,
    application_name: schema,
    options: `-c search_path=${schema}`,
    connectionTimeoutMillis: 2000,
    statement_timeout: 5000,
  });
  // An idle connection that breaks is replaced at the next query; without a listener the process would end.
  pool.on('error', (error) => options.logger.warn(`database connection lost: ${error.message}`));
  let done = false;
  const closing = new AbortController();
  const migrated = migrate(pool, schema, migration, options.logger, closing.signal).then(() => {
    done = true;
  });
  observePool(pool, options.metrics);
  return {
    pool,
    migrated,
    ready: async () =>
      done &&
      pool.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    async close() {
      closing.abort();
      await pool.end();
    },
  };
}

/** Runs `work` in a transaction; rolls back and throws again what it throws. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // A connection whose rollback fails is in an unknown state: it leaves the pool.
    await client.query('ROLLBACK').then(
      () => client.release(),
      (broken) => client.release(broken),
    );
    throw error;
  }
}

async function migrate(pool: pg.Pool, schema: string, migration: string, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await transaction(pool, async (client) => {
        await client.query('SET LOCAL statement_timeout = 0');
        await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [schema]);
        await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}; ${migration}`);
      });
      logger.info(`schema ${schema} is in place`);
      return;
    } catch (error) {
      if (attempt % 20 === 1) logger.warn(`waiting for the database: ${error instanceof Error ? error.message : error}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function observePool(pool: pg.Pool, metrics: Metrics): void {
  const { poolConnections, poolWaiting } = metrics;
  Object.assign(poolConnections, {
    collect() {
      poolConnections.set({ [LABELS.poolState]: 'idle' }, pool.idleCount);
      poolConnections.set({ [LABELS.poolState]: 'used' }, pool.totalCount - pool.idleCount);
    },
  });
  Object.assign(poolWaiting, { collect: () => poolWaiting.set(pool.waitingCount) });
}
