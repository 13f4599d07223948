import { useCallback, useEffect, useState } from 'react';
import { ApiError, getJson } from './request.ts';

const RETRY_MS = 3_000;

export interface Answer<T> {
  /** The newest answer; kept while the same path is asked again. */
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload(): void;
}

/**
 * Asks for `path` (undefined: nothing) and again every `everyMs` where given. What could not be reached is tried again until it answers.
 */
export function useApi<T>(path: string | undefined, everyMs?: number): Answer<T> {
  const [answer, setAnswer] = useState<{ path: string | undefined; data?: T; error?: ApiError }>({ path: undefined });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks again
  useEffect(() => {
    if (path === undefined) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      let again = everyMs;
      try {
        const data = await getJson<T>(path, abort.signal);
        if (!abort.signal.aborted) setAnswer({ path, data });
      } catch (error) {
        if (abort.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, String(error));
        if (known.status === 0) again = RETRY_MS;
        setAnswer((before) => ({ path, data: before.path === path ? before.data : undefined, error: known }));
      }
      if (again !== undefined && !abort.signal.aborted) timer = setTimeout(ask, again);
    };
    ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, round]);
  const current = answer.path === path ? answer : { data: undefined, error: undefined };
  return { data: current.data, error: current.error, loading: path !== undefined && !current.data && !current.error, reload };
}
