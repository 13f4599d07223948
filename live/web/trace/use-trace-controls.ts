import { useCallback, useMemo, useState } from 'react';
import { useKeys } from '../shell/keys.tsx';
import { useParam } from '../shell/navigation.tsx';
import { FLAGS, has, rowOf, spanId, type Trace } from './trace-model.ts';
import { findSpans, nextMatch, readFind, reveal } from './trace-rows.ts';
import { useAttributeMatches } from './use-attribute-matches.ts';
import { readZoom, zoomText } from './waterfall-layout.ts';

/** So many folded spans are kept in the address; more are folded, but a shared link opens without the rest. */
const MOST_IN_ADDRESS = 60;

export interface TraceControls {
  trace: Trace;
  selected: number;
  select(row: number): void;
  collapsed: ReadonlySet<number>;
  fold(row: number, closed: boolean): void;
  foldAll(): void;
  query: string;
  setQuery(text: string): void;
  matches: Int32Array;
  next(backwards: boolean): void;
  nextError(): void;
  critical: boolean;
  setCritical(on: boolean): void;
  zoom: [number, number];
  zoomed: boolean;
  setZoom(fromMs: number, toMs: number): void;
  unzoom(): void;
}

/** What the reader does with a trace; all of it is in the address. */
export function useTraceControls(trace: Trace): TraceControls {
  const [spanParam, setSpan] = useParam('span');
  const [query, setQuery] = useParam('find');
  const [criticalParam, setCriticalParam] = useParam('critical');
  const [zoomParam, setZoomParam] = useParam('zoom');
  const [collapsedParam, setCollapsedParam] = useParam('collapsed');
  // By id: rows change when spans come late.
  const [collapsedIds, setCollapsedIds] = useState<readonly string[]>(() => collapsedParam.split('.'));
  const collapsed = useMemo<ReadonlySet<number>>(() => new Set(rowsOf(trace, collapsedIds)), [trace, collapsedIds]);
  const selected = useMemo(() => rowOf(trace, spanParam), [trace, spanParam]);
  const find = useMemo(() => readFind(query), [query]);
  const within = useAttributeMatches(trace, find.attributes);
  const matches = useMemo(() => findSpans(trace, find.words, within), [trace, find, within]);
  const errors = useMemo(() => trace.order.filter((row) => has(trace, row, FLAGS.error)), [trace]);
  const zoom = useMemo<[number, number]>(() => readZoom(zoomParam) ?? [0, trace.durationMs], [zoomParam, trace.durationMs]);

  const setFolded = (next: ReadonlySet<number>) => {
    if (next === collapsed) return;
    const ids = [...next].map((row) => spanId(trace, row));
    setCollapsedIds(ids);
    setCollapsedParam(ids.slice(0, MOST_IN_ADDRESS).join('.'));
  };
  const select = (row: number) => {
    if (row < 0) return;
    setFolded(reveal(trace, collapsed, row));
    setSpan(spanId(trace, row));
  };
  const fold = (row: number, closed: boolean) => {
    const next = new Set(collapsed);
    if (closed) next.add(row);
    else next.delete(row);
    setFolded(next);
  };
  // Folding all leaves the roots and the level below them in sight.
  const foldAll = () => {
    if (collapsed.size > 0) setFolded(new Set());
    else setFolded(new Set(trace.order.filter((row) => trace.depth[row] === 1 && (trace.descendants[row] ?? 0) > 0)));
  };
  const setZoom = useCallback(
    (fromMs: number, toMs: number) => setZoomParam(zoomText(fromMs, toMs, trace.durationMs)),
    [setZoomParam, trace],
  );
  const controls: TraceControls = {
    trace,
    selected,
    select,
    collapsed,
    fold,
    foldAll,
    query,
    setQuery,
    matches,
    next: (backwards) => select(nextMatch(trace, matches, selected, backwards)),
    nextError: () => select(nextMatch(trace, errors, selected, false)),
    critical: criticalParam === '1',
    setCritical: (on) => setCriticalParam(on ? '1' : ''),
    zoom,
    zoomed: zoomParam !== '',
    setZoom,
    unzoom: () => setZoomParam(''),
  };
  useKeys('Trace', [
    {
      keys: 'ArrowUp ArrowDown',
      does: 'Span before, after (in the waterfall)',
      run: (key) => select(neighbour(trace, selected, key === 'ArrowUp' ? -1 : 1)),
    },
    {
      keys: 'ArrowLeft ArrowRight',
      does: 'Fold, unfold (in the waterfall)',
      run: (key) => selected >= 0 && fold(selected, key === 'ArrowLeft'),
    },
    { keys: 'n N', does: 'Next, previous found', run: (key) => controls.next(key === 'N') },
    { keys: 'e', does: 'Next error', run: controls.nextError },
    { keys: 'c', does: 'Critical path', run: () => controls.setCritical(!controls.critical) },
    { keys: 'f', does: 'Fold or unfold all', run: foldAll },
    { keys: '+ - 0', does: 'Zoom in, out, to the whole (in the waterfall)', run: controls.unzoom },
  ]);
  return controls;
}

function rowsOf(trace: Trace, ids: readonly string[]): number[] {
  return ids.map((id) => rowOf(trace, id)).filter((row) => row >= 0);
}

function neighbour(trace: Trace, row: number, step: number): number {
  const at = row < 0 ? 0 : (trace.position[row] ?? 0) + step;
  return trace.order[Math.min(trace.count - 1, Math.max(0, at))] ?? -1;
}
