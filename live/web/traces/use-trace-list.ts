import { useEffect, useState } from 'react';
import { getJson } from '../api/request.ts';
import type { TraceSummary } from '../api/types.ts';
import { type Answer, useApi } from '../api/use-api.ts';

const FOLLOW_MS = 2_000;

export interface TraceList {
  answer: Answer<{ traces: TraceSummary[]; next: string | null }>;
  traces: TraceSummary[];
  /** Loads the next page; undefined where there is none. */
  more: (() => void) | undefined;
}

/** The newest traces of a search, renewed while `renewed` is true and nobody asked for older ones. */
export function useTraceList(path: string, renewed: boolean): TraceList {
  const [older, setOlder] = useState<{ of: string; traces: TraceSummary[]; next: string | null }>();
  const paged = older?.of === path ? older : undefined;
  const answer = useApi<{ traces: TraceSummary[]; next: string | null }>(path, renewed && !paged ? FOLLOW_MS : undefined);
  useEffect(() => {
    if (older && older.of !== path) setOlder(undefined);
  }, [older, path]);
  const next = paged ? paged.next : answer.data?.next;
  const more = async () => {
    if (!next) return;
    const page = await getJson<{ traces: TraceSummary[]; next: string | null }>(`${path}&cursor=${encodeURIComponent(next)}`);
    setOlder({ of: path, traces: [...(paged?.traces ?? []), ...page.traces], next: page.next });
  };
  return {
    answer,
    traces: [...(answer.data?.traces ?? []), ...(paged?.traces ?? [])],
    more: next ? () => more().catch(answer.reload) : undefined,
  };
}
