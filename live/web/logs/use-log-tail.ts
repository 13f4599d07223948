import { useEffect, useRef, useState } from 'react';
import type { ViewRequest } from '../../server/stream/frame-layout.ts';
import { ApiError, apiPath, getJson } from '../api/request.ts';
import type { LogRecord } from '../api/types.ts';
import { useDraw, useSections } from '../stream/hooks.ts';
import { viewKey } from '../stream/views.ts';
import { appendSection, emptyBuffer, type Line, prependHistory } from './log-buffer.ts';

const HISTORY = 500;
const SHOW_HZ = 10;

export interface LogTail {
  lines: readonly Line[];
  /** Lines that came since the tail was paused. */
  waiting: number;
  loading: boolean;
  error: ApiError | undefined;
}

/**
 * What is held for a filter, and then what comes. With `until` (ms since 1970) it stands still: what was shown stays, or, where the page begins
 * so, what is held up to then.
 */
export function useLogTail(filter: Omit<ViewRequest, 'view'>, until: number | undefined): LogTail {
  const request: ViewRequest = { view: 'logs', ...filter };
  const key = viewKey(request);
  const buffer = useRef(emptyBuffer());
  const [shown, setShown] = useState<{ lines: readonly Line[]; added: number }>({ lines: [], added: 0 });
  const [state, setState] = useState<{ loading: boolean; error?: ApiError }>({ loading: true });
  const [waiting, setWaiting] = useState(0);
  const paused = until !== undefined;
  const shownAt = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all there is in the filter; `until` only matters at the beginning
  useEffect(() => {
    const fresh = emptyBuffer();
    buffer.current = fresh;
    setShown({ lines: [], added: 0 });
    setState({ loading: true });
    const abort = new AbortController();
    getJson<{ logs: LogRecord[] }>(apiPath('/api/logs', { ...filter, to: until, limit: HISTORY }), abort.signal)
      .then(({ logs }) => {
        prependHistory(fresh, logs);
        setShown({ lines: fresh.lines.slice(), added: fresh.added });
        setState({ loading: false });
      })
      .catch((error) => {
        if (!abort.signal.aborted)
          setState({ loading: false, error: error instanceof ApiError ? error : new ApiError(0, String(error)) });
      });
    return () => abort.abort();
  }, [key]);

  useSections(request, (table) => {
    if (table.table === 'logs') appendSection(buffer.current, table);
  });
  useDraw(() => {
    const at = performance.now();
    if (at - shownAt.current < 1000 / SHOW_HZ || buffer.current.added === shown.added) return;
    shownAt.current = at;
    if (paused) setWaiting(buffer.current.added - shown.added);
    else setShown({ lines: buffer.current.lines.slice(), added: buffer.current.added });
  });
  return { lines: shown.lines, waiting: paused ? waiting : 0, ...state, error: state.error };
}
