import { useEffect, useMemo, useRef, useState } from 'react';
import { apiPath } from '../api/request.ts';
import { useApi } from '../api/use-api.ts';
import { rowOf, type Trace, type WaterfallAnswer } from './trace-model.ts';

/** A large trace is not searched anew for every letter. */
const SETTLED_MS = 300;

/**
 * The rows that `key=value` terms match, undefined without any: the page holds no attributes, so the server looks. Empty until it answers, and asked
 * again whenever the trace is loaded again: spans come late.
 */
export function useAttributeMatches(trace: Trace, attributes: readonly string[]): ReadonlySet<number> | undefined {
  const { traceId } = trace;
  const path = attributes.length > 0 ? apiPath(`/api/traces/${traceId}/waterfall`, { attribute: attributes }) : undefined;
  const [settled, setSettled] = useState(path);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(path), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [path]);
  const { data, reload } = useApi<WaterfallAnswer & { matches: number[] }>(settled === path ? path : undefined);
  const asked = useRef(trace);
  useEffect(() => {
    if (asked.current !== trace) reload();
    asked.current = trace;
  }, [trace, reload]);
  return useMemo(() => {
    if (path === undefined) return undefined;
    // By id: the answer may hold spans that the page does not have yet.
    return new Set(data?.matches.map((row) => rowOf(trace, data.spanIds[row] ?? '')));
  }, [path, data, trace]);
}
