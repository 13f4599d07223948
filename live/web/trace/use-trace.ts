import { useEffect, useMemo, useState } from 'react';
import { apiPath } from '../api/request.ts';
import type { Analysis, LogRecord } from '../api/types.ts';
import { type Answer, useApi } from '../api/use-api.ts';
import { useStream } from '../stream/hooks.ts';
import { buildTrace, rowOf, type Trace, type WaterfallAnswer } from './trace-model.ts';

const MOST_LOGS = 1_000;
/** Spans of a trace come seconds apart, its root often last: a young trace is asked for again, unless it is large. */
const YOUNG_MS = 30_000;
const MOST_GROWING = 2_000;
const RENEW_MS = 2_000;

export interface LoadedTrace {
  answer: Answer<WaterfallAnswer>;
  trace: Trace | undefined;
  analysis: Analysis | undefined;
  logs: Answer<{ logs: LogRecord[] }>;
  /** Log lines on their spans' rows; ms from the trace's start. */
  marks: ReadonlyMap<number, readonly { atMs: number; bad: boolean }[]>;
  /** Stretches of the critical path by row: start and end in turn, ms from the trace's start. */
  critical: ReadonlyMap<number, readonly number[]>;
}

/** Loads a trace; the waterfall does not wait for its analysis and its logs. */
export function useTrace(traceId: string): LoadedTrace {
  const stream = useStream();
  const [everyMs, setEvery] = useState<number>();
  const answer = useApi<WaterfallAnswer>(`/api/traces/${traceId}/waterfall`, everyMs);
  const analysis = useApi<Analysis>(answer.data ? `/api/traces/${traceId}/analysis` : undefined, everyMs).data;
  const logs = useApi<{ logs: LogRecord[] }>(apiPath('/api/logs', { traceId, limit: MOST_LOGS }), everyMs);
  const { data } = answer;
  useEffect(() => {
    const grows = data !== undefined && data.spanIds.length <= MOST_GROWING && stream.now() - data.startMs < YOUNG_MS;
    setEvery(grows ? RENEW_MS : undefined);
  }, [data, stream]);
  const trace = useMemo(() => answer.data && buildTrace(answer.data), [answer.data]);
  const marks = useMemo(() => markLogs(trace, logs.data?.logs ?? []), [trace, logs.data]);
  const critical = useMemo(() => markCritical(trace, analysis), [trace, analysis]);
  return { answer, trace, analysis, logs, marks, critical };
}

function markLogs(trace: Trace | undefined, logs: readonly LogRecord[]): LoadedTrace['marks'] {
  const marks = new Map<number, { atMs: number; bad: boolean }[]>();
  if (!trace) return marks;
  for (const { spanId, timeMs, level } of logs) {
    const row = rowOf(trace, spanId);
    if (row < 0) continue;
    const mark = { atMs: timeMs + (trace.shift[row] ?? 0) - trace.startMs, bad: level === 'error' || level === 'fatal' };
    marks.set(row, [...(marks.get(row) ?? []), mark]);
  }
  return marks;
}

function markCritical(trace: Trace | undefined, analysis: Analysis | undefined): LoadedTrace['critical'] {
  const critical = new Map<number, number[]>();
  if (!trace || !analysis) return critical;
  for (const { spanId, startMs, durationMs } of analysis.criticalPath) {
    const row = rowOf(trace, spanId);
    if (row < 0) continue;
    // Its times are already as the trace is shown.
    const start = startMs - trace.startMs;
    const stretches = critical.get(row) ?? [];
    stretches.push(start, start + durationMs);
    critical.set(row, stretches);
  }
  return critical;
}
