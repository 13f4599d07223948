/** One connection to the database that is watched, opened again whenever it breaks. */
import pg from 'pg';

/** Stands in every statement of ours, so that they can be told from the others and left out. */
export const MARK = '/* sightline:database */';

/** Bounds what watching may cost a database in trouble. */
const STATEMENT_TIMEOUT = 4000;
const CONNECT_TIMEOUT = 3000;

/** The oldest version that is supported, as server_version_num has it. */
const OLDEST = 140_000;

export interface Session {
  /** As server_version_num has it: 170004 is 17.4. */
  version: number;
  pid: number;
  /** The schema of pg_stat_statements; undefined where the extension is not in this database or not loaded. */
  statements: string | undefined;
  query<T = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** What stands in the way, in one line with what to do next. */
export class Obstacle extends Error {}

/**
 * Connects, and finds out what can be read here.
 * @param say told of what is missing and can be mended, one line each
 * @throws Obstacle
 */
export async function openSession(config: pg.ClientConfig, say: (line: string) => void): Promise<Session> {
  const client = new pg.Client({
    ...config,
    application_name: 'sightline-database',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
  });
  // A connection that breaks shows at the next query; without a listener the process would end.
  client.on('error', () => {});
  try {
    await client.connect();
    const query = async <T>(sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows as T[];
    const [about] = await query<{ version: number; pid: number; monitor: boolean; role: string; database: string }>(`
      SELECT ${MARK} current_setting('server_version_num')::int AS version, pg_backend_pid() AS pid,
        pg_has_role('pg_read_all_stats', 'USAGE') AS monitor, quote_ident(current_user) AS role, current_database() AS database`);
    if (!about) throw new Obstacle('the database answers nothing');
    if (about.version < OLDEST)
      throw new Obstacle(`PostgreSQL ${Math.floor(about.version / 10_000)} is too old: 14 to 18 can be watched`);
    if (!about.monitor) say(`the role ${about.role} may not see what others run: GRANT pg_monitor TO ${about.role};`);
    const statements = await statementsSchema(query, about.database, say);
    return { version: about.version, pid: about.pid, statements, query, close: () => client.end().catch(() => {}) };
  } catch (error) {
    client.end().catch(() => {});
    throw error instanceof Obstacle ? error : new Obstacle(explain(error, client));
  }
}

async function statementsSchema(
  query: Session['query'],
  database: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  const [extension] = await query<{ schema: string }>(
    `SELECT ${MARK} quote_ident(nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_stat_statements'`,
  );
  if (!extension) {
    say(`no statements are counted in the database ${database}: CREATE EXTENSION pg_stat_statements; as a superuser in it`);
    return undefined;
  }
  try {
    await query(`SELECT ${MARK} count(*) FROM ${extension.schema}.pg_stat_statements(false)`);
    return extension.schema;
  } catch (error) {
    say(
      `pg_stat_statements cannot be read (${message(error)}): set shared_preload_libraries = 'pg_stat_statements' and restart the server`,
    );
    return undefined;
  }
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
function explain(error: unknown, { host, port, user, database }: pg.Client): string {
  const at = `${host}:${port}`;
  switch ((error as { code?: string }).code) {
    case '28P01':
    case '28000':
      return `${at} does not let ${user} in: check the user and the password`;
    case '3D000':
      return `there is no database ${database} at ${at}: name another in --url`;
    case '53300':
      return `${at} has no connection left (max_connections)`;
    default:
      return `no database at ${at}: ${message(error)}`;
  }
}
