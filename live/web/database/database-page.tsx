/** Room database: what the watcher of a PostgreSQL sees: sessions, statements and their plans, locks, tables; each leads to its trace. */
import type { Blocking, SessionHistory, Table } from '../api/database-types.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { AnswerState, Empty } from '../shell/states.tsx';
import { Locks } from './locks.tsx';
import { Sessions } from './sessions.tsx';
import { Statements } from './statements.tsx';
import { Tables } from './tables.tsx';
import { useWatched } from './use-watched.ts';

/** Sessions are sampled each second; locks are told of from the same samples; tables are read every five, and change slowly. */
const SESSIONS_MS = 1_000;
const LOCKS_MS = 2_000;
const TABLES_MS = 15_000;

export function DatabasePage() {
  const sessions = useWatched<SessionHistory>('sessions', {}, SESSIONS_MS);
  const { data } = sessions;
  return (
    <>
      <div className="title">
        <h1>Database</h1>
      </div>
      {!data && <AnswerState answer={sessions} what="database" />}
      {data && (data.samples === 0 ? <NotWatched /> : <Watched history={data} />)}
    </>
  );
}

function Watched({ history }: { history: SessionHistory }) {
  const locks = useWatched<{ locks: Blocking[] }>('locks', {}, LOCKS_MS);
  const tables = useWatched<{ tables: Table[] }>('tables', { limit: 1000 }, TABLES_MS);
  return (
    <>
      <Sessions history={history} />
      {locks.data ? <Locks locks={locks.data.locks} /> : <AnswerState answer={locks} what="locks" />}
      <Statements />
      {tables.data ? <Tables tables={tables.data.tables} /> : <AnswerState answer={tables} what="tables" />}
    </>
  );
}

function NotWatched() {
  const { interval } = useNavigation();
  if (interval) return <Empty title="No database was watched in this interval, or what was seen of it is not held any more." />;
  return (
    <Empty title="No database is watched.">
      <p>npm start and docker compose watch the shop's. To watch one of yours, send what is seen of it here:</p>
      <pre>{`npm run database -- --url postgres://user@host:5432/name --otlp http://${location.hostname}:4318`}</pre>
      <p>The key is read from OTEL_EXPORTER_OTLP_HEADERS; missing rights and extensions are named, with what to run.</p>
    </Empty>
  );
}
