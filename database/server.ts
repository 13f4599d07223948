/** What the server counts of itself: databases, I/O, tables, indexes, replication, settings. Read whole, sent as differences or as they are. */

import type { Emitter } from './emit.ts';
import { EVENTS, METRICS } from './names.ts';
import { MARK, type Session } from './session.ts';

type Attributes = Record<string, string>;

/** Tables and indexes that are sent, the largest first; a database with more is summed up by nobody, and says so. */
const MAX_RELATIONS = 500;

/** Readings from one size of each database to the next: the server looks at every file for it, which took as long as all else together. */
const SIZE_EVERY = 12;

/** Settings that explain what is seen elsewhere. */
const SETTINGS = [
  'server_version',
  'max_connections',
  'shared_buffers',
  'work_mem',
  'effective_cache_size',
  'random_page_cost',
  'max_wal_size',
  'checkpoint_timeout',
  'autovacuum',
  'default_statistics_target',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'deadlock_timeout',
  'log_min_duration_statement',
  'log_lock_waits',
  'track_activity_query_size',
  'track_io_timing',
];

/** Counters that only grow, until the server is reset: remembers the last value of each. */
class Growth {
  private last = new Map<string, number>();
  private next = new Map<string, number>();

  /** How much it grew since it was last asked for; 0 the first time, the whole value where it went back. */
  of(key: string, value: number): number {
    const last = this.last.get(key);
    this.next.set(key, value);
    return last === undefined ? 0 : value >= last ? value - last : value;
  }

  /** Forgets what was not asked for since the last call. */
  turn(): void {
    this.last = this.next;
    this.next = new Map();
  }
}

interface Relation {
  schema: string;
  table: string;
  [column: string]: string | number | null;
}

export class ServerReader {
  private readonly growth = new Growth();
  private settings = '';
  private readings = 0;

  restart(): void {
    this.growth.turn();
    this.growth.turn();
    this.settings = '';
  }

  async read(session: Session, emitter: Emitter): Promise<void> {
    await this.databases(session, emitter);
    if (session.version >= 160_000) await this.io(session, emitter);
    await this.tables(session, emitter);
    await this.indexes(session, emitter);
    await this.replication(session, emitter);
    await this.readSettings(session, emitter);
    this.growth.turn();
  }

  private grow(emitter: Emitter, name: string, unit: string, value: number, attributes: Attributes): void {
    const grown = this.growth.of(`${name} ${JSON.stringify(attributes)}`, value);
    // What never happens in a table is no series; that there was no deadlock is one, or the first would not be seen to be new.
    if (grown > 0 || name === METRICS.deadlocks) emitter.count(name, unit, grown, attributes);
  }

  private async databases(session: Session, emitter: Emitter): Promise<void> {
    const rows = await session.query<Record<string, number> & { name: string }>(
      `
      SELECT ${MARK} d.datname AS name, s.xact_commit::float8 AS commits, s.xact_rollback::float8 AS rollbacks, s.deadlocks::float8 AS deadlocks,
        s.temp_bytes::float8 AS temporary, age(d.datfrozenxid)::float8 AS "xidAge",
        CASE WHEN $1 AND (has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')) THEN pg_database_size(d.oid)::float8 END AS size
      FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datallowconn`,
      [this.readings++ % SIZE_EVERY === 0],
    );
    for (const { name, commits = 0, rollbacks = 0, deadlocks = 0, temporary = 0, xidAge = 0, size } of rows) {
      const attributes = { 'db.namespace': name };
      this.grow(emitter, METRICS.commits, '{transaction}', commits, attributes);
      this.grow(emitter, METRICS.rollbacks, '{transaction}', rollbacks, attributes);
      this.grow(emitter, METRICS.deadlocks, '{deadlock}', deadlocks, attributes);
      this.grow(emitter, METRICS.temporaryBytes, 'By', temporary, attributes);
      emitter.gauge(METRICS.xidAge, '{transaction}', xidAge, attributes);
      if (size != null) emitter.gauge(METRICS.databaseSize, 'By', size, attributes);
    }
  }

  private async io(session: Session, emitter: Emitter): Promise<void> {
    const rows = await session.query<Record<string, string | number>>(`
      SELECT ${MARK} backend_type AS backend, context, sum(reads)::float8 AS read, sum(writes)::float8 AS write, sum(extends)::float8 AS extend,
        sum(hits)::float8 AS hit, sum(evictions)::float8 AS evict
      FROM pg_stat_io GROUP BY 1, 2`);
    for (const { backend, context, ...operations } of rows) {
      for (const [operation, times] of Object.entries(operations))
        this.grow(emitter, METRICS.io, '{operation}', Number(times ?? 0), {
          'postgresql.backend_type': String(backend),
          'postgresql.io.context': String(context),
          'postgresql.io.operation': operation,
        });
    }
  }

  /** Sizes as the planner knows them (relpages): the files themselves are not looked at. */
  private async tables(session: Session, emitter: Emitter): Promise<void> {
    const rows = await session.query<Relation>(`
      SELECT ${MARK} s.schemaname AS schema, s.relname AS table, s.seq_scan::float8 AS scans, s.seq_tup_read::float8 AS "scanRows",
        coalesce(s.idx_scan, 0)::float8 AS "indexScans", s.n_live_tup::float8 AS live, s.n_dead_tup::float8 AS dead, s.n_mod_since_analyze::float8 AS modified,
        extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS vacuum,
        extract(epoch FROM now() - greatest(s.last_analyze, s.last_autoanalyze))::float8 AS analyze,
        c.relpages::float8 * current_setting('block_size')::int AS size
      FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid ORDER BY c.relpages DESC LIMIT ${MAX_RELATIONS}`);
    for (const row of rows) {
      const attributes = tableAttributes(row);
      this.grow(emitter, METRICS.sequentialScans, '{scan}', Number(row.scans), attributes);
      this.grow(emitter, METRICS.sequentialRows, '{row}', Number(row.scanRows), attributes);
      emitter.gauge(METRICS.tableRows, '{row}', Number(row.live), { ...attributes, state: 'live' });
      emitter.gauge(METRICS.tableRows, '{row}', Number(row.dead), { ...attributes, state: 'dead' });
      emitter.gauge(METRICS.tableSize, 'By', Number(row.size), attributes);
      emitter.gauge(METRICS.modified, '{row}', Number(row.modified), attributes);
      if (row.vacuum !== null) emitter.gauge(METRICS.vacuumAge, 's', Number(row.vacuum), attributes);
      if (row.analyze !== null) emitter.gauge(METRICS.analyzeAge, 's', Number(row.analyze), attributes);
    }
  }

  private async indexes(session: Session, emitter: Emitter): Promise<void> {
    const rows = await session.query<Relation>(`
      SELECT ${MARK} s.schemaname AS schema, s.relname AS table, s.indexrelname AS index, s.idx_scan::float8 AS scans,
        c.relpages::float8 * current_setting('block_size')::int AS size, (i.indisunique OR i.indisprimary)::int AS "unique"
      FROM pg_stat_user_indexes s JOIN pg_class c ON c.oid = s.indexrelid JOIN pg_index i ON i.indexrelid = s.indexrelid
      ORDER BY c.relpages DESC LIMIT ${MAX_RELATIONS}`);
    for (const row of rows) {
      const attributes = {
        ...tableAttributes(row),
        'postgresql.index.name': String(row.index),
        // One that keeps values unique is needed though nothing is looked up in it.
        'postgresql.index.unique': row.unique ? 'true' : 'false',
      };
      emitter.gauge(METRICS.indexScans, '{scan}', Number(row.scans), attributes);
      emitter.gauge(METRICS.indexSize, 'By', Number(row.size), attributes);
    }
  }

  private async replication(session: Session, emitter: Emitter): Promise<void> {
    const rows = await session.query<{ client: string; bytes: number }>(`
      SELECT ${MARK} coalesce(nullif(application_name, ''), host(client_addr), 'local') AS client,
        pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 AS bytes
      FROM pg_stat_replication WHERE NOT pg_is_in_recovery()`);
    for (const { client, bytes } of rows)
      emitter.gauge(METRICS.replicationDelay, 'By', bytes ?? 0, { replication_client: client });
  }

  /** Sent when they change, and with the first reading. */
  private async readSettings(session: Session, emitter: Emitter): Promise<void> {
    const rows = await session.query<{ name: string; value: string }>(
      `SELECT ${MARK} name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name`,
      [SETTINGS],
    );
    const settings = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    emitter.gauge(METRICS.connectionMax, '{connection}', Number(settings.max_connections ?? 0), {});
    if (JSON.stringify(settings) === this.settings) return;
    this.settings = JSON.stringify(settings);
    emitter.event(EVENTS.settings, { body: `settings of PostgreSQL ${settings.server_version}`, attributes: settings });
  }
}

const tableAttributes = ({ schema, table }: Relation): Attributes => ({
  'postgresql.schema.name': schema,
  'postgresql.table.name': table,
});
