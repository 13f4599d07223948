/** The state of the connection: a pill in the bar, and a banner that says what is the matter. */
import { createContext, useContext, useEffect, useRef, useState } from 'react';
import type { Table } from '../../server/stream/frame-layout.ts';
import type { Session } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { compact } from '../format/number.ts';
import { useStream, useStreamState, useTable } from '../stream/hooks.ts';
import type { Stream } from '../stream/stream.ts';
import { mapRows } from '../stream/table.ts';
import { useNavigation } from './navigation.tsx';
import { type Trouble, trouble } from './trouble.ts';

const SAMPLE_MS = 1_000;
const WINDOW = 10;

export interface Connection {
  session: Session | undefined;
  trouble: Trouble | undefined;
  health: ReadonlyMap<string, number>;
}

const Context = createContext<Connection>({ session: undefined, trouble: undefined, health: new Map() });
export const ConnectionProvider = Context;
export const useConnection = (): Connection => useContext(Context);

/** Watches the stream, the session and the server's health; call once, at the top. */
export function useWatchedConnection(): Connection {
  const stream = useStream();
  const state = useStreamState();
  const session = useApi<Session>('/api/session');
  const table = useTable({ view: 'health' }, 'health');
  const recent = useRecent(stream);
  const { reload } = session;
  useEffect(() => {
    if (state.refused || state.status === 'live') reload();
  }, [state.refused, state.status, reload]);
  const health = new Map(
    mapRows(table, ({ strings, columns }, row) => [strings[columns.name[row] ?? 0] ?? '', columns.value[row] ?? 0]),
  );
  const signs = { stream: state, loggedOut: session.error?.status === 401, lagP99Ms: health.get('lagP99Ms') ?? 0, ...recent };
  return { session: session.data, trouble: trouble(signs), health };
}

/** Items rejected, and frames left out for this page, in the last ten seconds. */
function useRecent(stream: Stream): { rejected: number; skipped: number } {
  const samples = useRef<{ rejected: number; skipped: number }[]>([]);
  const [recent, setRecent] = useState({ rejected: 0, skipped: 0 });
  useEffect(() => {
    const timer = setInterval(() => {
      const ledger = stream.table({ view: 'health' }, 'ledger');
      if (!ledger) return;
      const now = { rejected: sumOf(ledger), skipped: stream.timings.skipped };
      samples.current = [...samples.current, now].slice(-WINDOW);
      const then = samples.current[0] ?? now;
      setRecent({ rejected: Math.max(0, now.rejected - then.rejected), skipped: now.skipped - then.skipped });
    }, SAMPLE_MS);
    return () => clearInterval(timer);
  }, [stream]);
  return recent;
}

function sumOf({ columns }: Table<'ledger'>): number {
  return columns.rejected.reduce((sum, value) => sum + value, 0);
}

const STATUS = {
  connecting: 'Connecting',
  live: 'Live',
  stalled: 'Stalled',
  waiting: 'Disconnected',
} as const;

/** One word and what comes in. The connection lives on where the page shows an interval. */
export function StatusPill() {
  const { status } = useStreamState();
  const { interval } = useNavigation();
  const { trouble: found, health } = useConnection();
  const kind = found?.kind ?? (status === 'live' ? 'ok' : 'waiting');
  return (
    <span className={`pill pill-${kind}`}>
      <span className="dot" aria-hidden="true" />
      {status === 'live' && interval ? 'Connected' : STATUS[status]}
      {status === 'live' && <span className="pill-rate">{compact(Math.round(health.get('spansPerSecond') ?? 0))} spans/s</span>}
    </span>
  );
}

/** The banner; its live region is always there so that a screen reader hears of changes. */
export function TroubleBanner() {
  const { trouble: found } = useConnection();
  return (
    <div role="status" className="banner-region">
      {found && (
        <div className={`banner banner-${found.kind}`}>
          <strong>{found.title}</strong> {found.todo}
        </div>
      )}
    </div>
  );
}
