/** pg_stat_activity, sampled: who runs what, who waits for whom, and which trace they belong to. */

import type { Emitter } from './emit.ts';
import { EVENTS, METRICS } from './names.ts';
import { MARK, type Session } from './session.ts';
import { fingerprint, maskLiterals, traceContext } from './sql-text.ts';

/** Sessions of one sample that are sent one by one, the longest first; all are counted. */
const MAX_SAMPLES = 200;

interface Sample {
  pid: number;
  database: string | null;
  role: string | null;
  application: string | null;
  address: string | null;
  port: number | null;
  backend: string;
  state: string | null;
  waitType: string | null;
  wait: string | null;
  queryid: string | null;
  query: string;
  /** Seconds. */
  running: number | null;
  transaction: number | null;
  unchanged: number | null;
  blockers: number[];
}

/**
 * Client backends and whatever else runs or waits, but no idle ones beyond their number. Blockers are asked for only of those that wait for a lock: the
 * function takes the lock manager's locks.
 */
const QUERY = `
  SELECT ${MARK} pid, datname AS database, usename AS role, application_name AS application, host(client_addr) AS address, client_port AS port,
    backend_type AS backend, state, wait_event_type AS "waitType", wait_event AS wait, query_id::text AS queryid,
    CASE WHEN state = 'idle' THEN '' ELSE query END AS query,
    extract(epoch FROM clock_timestamp() - query_start)::float8 AS running,
    extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction,
    extract(epoch FROM clock_timestamp() - state_change)::float8 AS unchanged,
    CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blockers
  FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'parallel worker', 'autovacuum worker', 'walsender')`;

const IDLE_IN_TRANSACTION = /^idle in transaction/;

/** How many sessions are in a state and wait for the same, of one database. */
interface Counted {
  attributes: Record<string, string>;
  count: number;
}

/**
 * Reads one sample and sends it: sessions by state and wait, ages, and one event for each session that is not idle.
 * @param before what the last sample counted: what is there no more is sent once more as 0, since a gauge keeps its value where it is read
 * @returns what this one counted
 */
export async function sampleActivity(
  session: Session,
  emitter: Emitter,
  before: ReadonlyMap<string, Counted>,
): Promise<ReadonlyMap<string, Counted>> {
  const time = new Date();
  const sessions = await session.query<Sample>(QUERY);
  const counts = new Map<string, Counted>();
  for (const one of sessions) {
    const attributes = {
      'db.namespace': one.database ?? '',
      'postgresql.state': one.state ?? 'background',
      'postgresql.wait_event_type': waitType(one),
      'postgresql.wait_event': waits(one) ? (one.wait ?? '') : '',
    };
    const key = JSON.stringify(attributes);
    const sum = counts.get(key) ?? { attributes, count: 0 };
    sum.count++;
    counts.set(key, sum);
  }
  for (const { attributes, count } of counts.values()) emitter.gauge(METRICS.sessions, '{session}', count, attributes);
  for (const [key, { attributes }] of before) if (!counts.has(key)) emitter.gauge(METRICS.sessions, '{session}', 0, attributes);
  const oldest = (of: (one: Sample) => number | null | false) => Math.max(0, ...sessions.map((one) => Number(of(one) || 0)));
  emitter.gauge(METRICS.blocked, '{session}', sessions.filter(({ blockers }) => blockers.length > 0).length, {});
  emitter.gauge(
    METRICS.longestTransaction,
    's',
    oldest(({ transaction }) => transaction),
    {},
  );
  emitter.gauge(
    METRICS.idleInTransaction,
    's',
    oldest(({ state, unchanged }) => IDLE_IN_TRANSACTION.test(state ?? '') && unchanged),
    {},
  );
  emitter.gauge(
    METRICS.lockWait,
    's',
    oldest(({ waitType, unchanged }) => waitType === 'Lock' && unchanged),
    {},
  );

  const blockers = new Set(sessions.flatMap((one) => one.blockers));
  const shown = sessions
    .filter(({ state, pid }) => (state !== null && state !== 'idle') || blockers.has(pid))
    .sort((a, b) => (b.running ?? 0) - (a.running ?? 0));
  for (const one of shown.slice(0, MAX_SAMPLES)) emitSample(emitter, one, time);
  return counts;
}

/** A session that is not active waits for its client: that is no wait of the database. */
const waits = ({ state }: Sample) => state === 'active' || state === null;
const waitType = (one: Sample) => (waits(one) ? (one.waitType ?? 'CPU') : 'Client');

function emitSample(emitter: Emitter, one: Sample, time: Date): void {
  emitter.event(EVENTS.sample, {
    time,
    trace: traceContext(one.query),
    attributes: {
      'db.namespace': one.database ?? '',
      'db.query.text': maskLiterals(one.query),
      'postgresql.query_fingerprint': fingerprint(one.query),
      'postgresql.query_id': one.queryid ?? '',
      'postgresql.pid': one.pid,
      'postgresql.state': one.state ?? '',
      'postgresql.wait_event_type': waitType(one),
      'postgresql.wait_event': waits(one) ? (one.wait ?? '') : '',
      'postgresql.application_name': one.application ?? '',
      'postgresql.backend_type': one.backend,
      'postgresql.blocked_by': one.blockers,
      'postgresql.query.duration': one.running ?? 0,
      'postgresql.transaction.duration': one.transaction ?? 0,
      'postgresql.state.duration': one.unchanged ?? 0,
      'user.name': one.role ?? '',
      'network.peer.address': one.address ?? '',
      'network.peer.port': one.port ?? 0,
    },
  });
}
