/**
 * What happens seldom in a healthy database, made to happen once, for a proof: a slow statement, and a session that waits for another's lock. Nothing but
 * a lock of no table is taken, for two seconds, by a role that may do nothing else.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

/** Longer than deadlock_timeout, when a wait is logged, and than the samples' interval; and longer than what makes a statement slow. */
const HELD_MS = 2000;

/**
 * Runs it. Each statement ends with its trace, as those of the services do.
 * @param holder traceparent of the session that is slow and keeps the lock
 * @param waiter traceparent of the session that waits for it
 * @param literal stands in the slow statement, and may be found nowhere else
 */
export async function rehearse(database: pg.ClientConfig, holder: string, waiter: string, literal: string): Promise<void> {
  const [first, second] = [new pg.Client(database), new pg.Client(database)];
  const key = randomInt(2 ** 31);
  const comment = (traceparent: string) => `/*traceparent='${traceparent}'*/`;
  try {
    await Promise.all([first.connect(), second.connect()]);
    await first.query('BEGIN');
    await first.query(`SELECT pg_advisory_xact_lock(${key}) ${comment(holder)}`);
    const waiting = second.query(`SELECT pg_advisory_xact_lock(${key}) ${comment(waiter)}`);
    await first.query(`SELECT pg_sleep(0.5), ${first.escapeLiteral(literal)} ${comment(holder)}`);
    await wait(HELD_MS - 500);
    await first.query('COMMIT');
    await waiting;
  } finally {
    await Promise.allSettled([first.end(), second.end()]);
  }
}

/** The database that the PG* variables name. */
export const named = (env: NodeJS.ProcessEnv): pg.ClientConfig =>
  env.PGPASSWORD_FILE ? { password: readFileSync(env.PGPASSWORD_FILE, 'utf8').trim() } : {};

// In a container beside the database: node dist/database/rehearsal.js <traceparent> <traceparent> <literal>
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [holder = '', waiter = '', literal = ''] = process.argv.slice(2);
  await rehearse(named(process.env), holder, waiter, literal).catch((error) => {
    process.stderr.write(`database: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  });
}
