/**
 * The waterfall: a canvas that stays in sight over a box as tall as all rows, so that scrolling is the browser's own. Screen readers are told of
 * the row the reader is on, as a tree with one item at a time.
 */
import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { describeSpan } from './describe-span.ts';
import type { Trace } from './trace-model.ts';
import { visibleRows } from './trace-rows.ts';
import { layoutWaterfall, timeAt, zoomBy } from './waterfall-layout.ts';
import { indentOf, paintWaterfall, type WaterfallState } from './waterfall-paint.ts';

interface WaterfallProps extends Pick<WaterfallState, 'matches' | 'critical' | 'logs'> {
  trace: Trace;
  collapsed: ReadonlySet<number>;
  fold(row: number, closed: boolean): void;
  selected: number;
  select(row: number): void;
  zoom: [number, number];
  setZoom(fromMs: number, toMs: number): void;
}

/** Browsers draw no box taller than some 30 million pixels; rows beyond are reached by folding. */
const TALLEST = 15_000_000;

export function Waterfall({ trace, collapsed, fold, selected, select, zoom, setZoom, matches, critical, logs }: WaterfallProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [scrollTop, setScrollTop] = useState(0);
  const [hovered, setHovered] = useState(-1);
  const rows = useMemo(() => visibleRows(trace, collapsed), [trace, collapsed]);
  const layout = useMemo(() => layoutWaterfall(width, zoom[0], zoom[1]), [width, zoom]);
  const at = useMemo(() => rows.indexOf(selected), [rows, selected]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // What is selected, by whatever means, is brought into sight.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || at < 0 || width === 0) return;
    const top = at * layout.rowHeight;
    const sight = element.clientHeight - layout.axisHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + layout.rowHeight > element.scrollTop + sight) element.scrollTop = top + layout.rowHeight - sight + sight / 3;
  }, [at, layout.rowHeight, layout.axisHeight, width]);

  // The wheel's listener must be able to keep the page from zooming, which React's cannot.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left;
      setZoom(...zoomBy(zoom, 1.002 ** event.deltaY, timeAt(layout, x), trace.durationMs));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [layout, setZoom, trace, zoom]);

  const paint = useCallback<Painter>(
    (context, _width, height, palette) => {
      paintWaterfall(
        context,
        { trace, rows, collapsed, selected, hovered, matches, critical, logs, layout, scrollTop },
        height,
        palette,
      );
    },
    [trace, rows, collapsed, selected, hovered, matches, critical, logs, layout, scrollTop],
  );

  const rowAt = (event: MouseEvent) => {
    const rect = box.current?.getBoundingClientRect();
    const y = rect ? event.clientY - rect.top - layout.axisHeight : -1;
    return y < 0 ? -1 : (rows[Math.floor((y + scrollTop) / layout.rowHeight)] ?? -1);
  };
  const click = (event: MouseEvent) => {
    const row = rowAt(event);
    if (row < 0) return;
    const x = event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
    const triangle = indentOf(trace, row);
    if ((trace.descendants[row] ?? 0) > 0 && x >= triangle - 6 && x < triangle + 14) fold(row, !collapsed.has(row));
    else select(row);
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - layout.axisHeight) / layout.rowHeight) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length }[event.key];
    if (step !== undefined) select(rows[Math.min(rows.length - 1, Math.max(0, at + step))] ?? -1);
    else if (event.key === 'ArrowLeft' && selected >= 0) {
      if ((trace.descendants[selected] ?? 0) > 0 && !collapsed.has(selected)) fold(selected, true);
      else if ((trace.parent[selected] ?? -1) >= 0) select(trace.parent[selected] ?? -1);
    } else if (event.key === 'ArrowRight' && selected >= 0) {
      if (collapsed.has(selected)) fold(selected, false);
      else if ((trace.descendants[selected] ?? 0) > 0) select(rows[at + 1] ?? -1);
    } else if (event.key === '+' || event.key === '-') {
      const around = selected >= 0 ? (trace.start[selected] ?? 0) + (trace.duration[selected] ?? 0) / 2 : (zoom[0] + zoom[1]) / 2;
      setZoom(...zoomBy(zoom, event.key === '+' ? 0.5 : 2, around, trace.durationMs));
    } else if (event.key === '0') setZoom(0, trace.durationMs);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={box}
      className="waterfall"
      role="tree"
      tabIndex={0}
      aria-label={`Waterfall, ${trace.count} spans`}
      aria-activedescendant={at >= 0 ? 'waterfall-row' : undefined}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onClick={click}
      onDoubleClick={(event) => {
        const row = rowAt(event);
        if (row >= 0) setZoom(trace.start[row] ?? 0, (trace.start[row] ?? 0) + (trace.duration[row] ?? 0));
      }}
      onMouseMove={(event) => setHovered(rowAt(event))}
      onMouseLeave={() => setHovered(-1)}
      onKeyDown={key}
    >
      <div className="waterfall-sight">
        <Canvas label="" paint={paint} />
      </div>
      <div className="waterfall-tall" style={{ height: Math.min(TALLEST, rows.length * layout.rowHeight + layout.axisHeight) }} />
      {at >= 0 ? (
        <div
          id="waterfall-row"
          className="unseen"
          role="treeitem"
          tabIndex={-1}
          aria-selected="true"
          aria-level={(trace.depth[selected] ?? 0) + 1}
          aria-posinset={at + 1}
          aria-setsize={rows.length}
          aria-expanded={(trace.descendants[selected] ?? 0) > 0 ? !collapsed.has(selected) : undefined}
        >
          {describeSpan(trace, selected)}
        </div>
      ) : (
        <div className="unseen" role="treeitem" tabIndex={-1} aria-selected="false">
          Press arrow down for the first span
        </div>
      )}
    </div>
  );
}
