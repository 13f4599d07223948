/** Who waited for whom, while it lasts and afterwards. */
import type { Blocking, Waiting } from '../api/database-types.ts';
import { counted, duration, exact } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { StatementLink, TraceLink } from './statement-link.tsx';

/** So many are shown at once: what comes after them is over for long. */
const SHOWN = 5;

export function Locks({ locks }: { locks: Blocking[] }) {
  const earlier = locks.slice(SHOWN);
  return (
    <section className="panel" aria-labelledby="locks-title">
      <h2 id="locks-title">
        Blocking <span className="hint">who waited for whom, the latest first</span>
      </h2>
      {locks.length === 0 && <p className="hint">No session waited for another's lock.</p>}
      <Trees locks={locks.slice(0, SHOWN)} />
      {earlier.length > 0 && (
        <details>
          <summary>{exact(earlier.length)} earlier</summary>
          <Trees locks={earlier} />
        </details>
      )}
    </section>
  );
}

function Trees({ locks }: { locks: Blocking[] }) {
  const { zone } = useNavigation();
  return (
    <ul className="lock-trees">
      {locks.map((one) => (
        <li key={`${one.session.pid} ${one.fromMs}`}>
          <p>
            {one.now ? <span className="tag warn">now</span> : <span className="tag">over</span>}{' '}
            {counted(one.sessions, 'session')} waited {duration(one.waitedMs)} at most, {clockTime(one.fromMs, zone).slice(0, 8)}
            {' – '}
            {clockTime(one.toMs, zone).slice(0, 8)}
          </p>
          <Holder session={one.session} part="holds" />
          <Waiters waiting={one.waiting} />
        </li>
      ))}
    </ul>
  );
}

function Waiters({ waiting }: { waiting: Waiting[] }) {
  if (waiting.length === 0) return null;
  return (
    <ul>
      {waiting.map((one) => (
        <li key={one.session.pid}>
          <Holder session={one.session} part={`waited ${duration(one.waitedMs)}`} />
          <Waiters waiting={one.waiting} />
        </li>
      ))}
    </ul>
  );
}

function Holder({ session, part }: { session: Waiting['session']; part: string }) {
  const { pid, application, state, waitEvent, queryId, text, traceId, spanId } = session;
  return (
    <div className="lock-session">
      <span>
        <b>{pid === 0 ? 'a prepared transaction' : pid}</b> {application}
      </span>
      <span className="hint">
        {part}
        {state && `, ${state}`}
        {waitEvent && ` for ${waitEvent}`}
      </span>
      <span className="grow clip">
        <StatementLink queryId={queryId} text={text} />
      </span>
      <TraceLink traceId={traceId} spanId={spanId} label={`trace of session ${pid}`} />
    </div>
  );
}
