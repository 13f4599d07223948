import { useMemo, useState } from 'react';
import { type ApiError, apiPath, getJson } from '../api/request.ts';
import type { LogRecord } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { useFilling } from '../shell/filling.ts';
import { type Interval, intervalParams } from '../shell/interval.ts';
import { type Line, lineOf } from './log-buffer.ts';
import type { LogFilter } from './use-log-filter.ts';

/** Lines loaded at once: what the API gives at most. */
const PAGE = 1_000;
const FILLING_MS = 2_000;

interface Page {
  logs: LogRecord[];
  next: string | null;
}

export interface LogInterval {
  /** The oldest first. */
  lines: readonly Line[];
  loading: boolean;
  error: ApiError | undefined;
  /** Loads older lines of the interval; undefined where all are loaded. */
  older: (() => void) | undefined;
}

/** The lines of an interval, its newest ones first loaded; asked for again only while more may come. */
export function useLogInterval(filter: LogFilter, interval: Interval): LogInterval {
  const path = apiPath('/api/logs', { ...filter, ...intervalParams(interval), limit: PAGE });
  const [before, setBefore] = useState<Page & { of: string }>();
  const paged = before?.of === path ? before : undefined;
  const filling = useFilling(interval);
  const { data, error, loading, reload } = useApi<Page>(path, filling && !paged ? FILLING_MS : undefined);
  const records = useMemo(() => [...(data?.logs ?? []), ...(paged?.logs ?? [])], [data, paged]);
  // Keys count from the end, which stays the same when older lines come in front.
  const lines = useMemo(() => records.map((record, i) => lineOf(record, i)).reverse(), [records]);
  const next = paged ? paged.next : data?.next;
  const older = async (cursor: string) => {
    const page = await getJson<Page>(`${path}&cursor=${encodeURIComponent(cursor)}`);
    setBefore({ of: path, logs: [...(paged?.logs ?? []), ...page.logs], next: page.next });
  };
  return { lines, loading, error, older: next ? () => older(next).catch(reload) : undefined };
}
