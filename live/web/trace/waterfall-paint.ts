/** Draws the rows of a waterfall that are in sight: the cost does not depend on how many there are. */
import { duration } from '../format/number.ts';
import { serviceHue } from '../shell/service-name.tsx';
import type { Palette } from '../shell/theme.ts';
import { FLAGS, has, type Trace } from './trace-model.ts';
import { barOf, ticks, type WaterfallLayout, xOf } from './waterfall-layout.ts';

const INDENT = 12;
const DEEPEST_INDENT = 10;
const PIXELS_PER_TICK = 110;

export interface WaterfallState {
  trace: Trace;
  rows: Int32Array;
  collapsed: ReadonlySet<number>;
  selected: number;
  hovered: number;
  /** Rows found by the search; every other row is drawn weaker while there is a search. */
  matches: ReadonlySet<number> | undefined;
  /** Stretches of the critical path by row: start and end in turn, ms from the trace's start. Undefined while it is not shown. */
  critical: ReadonlyMap<number, readonly number[]> | undefined;
  /** Times of log lines by row, ms from the trace's start, and whether one is an error. */
  logs: ReadonlyMap<number, readonly { atMs: number; bad: boolean }[]>;
  layout: WaterfallLayout;
  scrollTop: number;
}

export function paintWaterfall(context: CanvasRenderingContext2D, state: WaterfallState, height: number, palette: Palette): void {
  const { layout, rows, scrollTop } = state;
  const first = Math.floor(scrollTop / layout.rowHeight);
  const last = Math.min(rows.length - 1, Math.ceil((scrollTop + height - layout.axisHeight) / layout.rowHeight));
  paintGrid(context, layout, height, palette);
  context.save();
  context.beginPath();
  context.rect(0, layout.axisHeight, layout.width, height - layout.axisHeight);
  context.clip();
  for (let at = first; at <= last; at++)
    paintRow(context, state, rows[at] ?? 0, layout.axisHeight + at * layout.rowHeight - scrollTop, palette);
  context.restore();
}

function paintGrid(context: CanvasRenderingContext2D, layout: WaterfallLayout, height: number, palette: Palette): void {
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  for (const tick of ticks(layout.fromMs, layout.toMs, (layout.x1 - layout.x0) / PIXELS_PER_TICK)) {
    const x = Math.round(xOf(layout, tick)) + 0.5;
    context.fillStyle = palette.line;
    context.fillRect(x, layout.axisHeight, 1, height);
    context.fillStyle = palette.muted;
    context.fillText(duration(tick), Math.max(x, layout.x0 + 16), layout.axisHeight / 2);
  }
  context.fillStyle = palette.line;
  context.fillRect(0, layout.axisHeight - 1, layout.width, 1);
}

function paintRow(context: CanvasRenderingContext2D, state: WaterfallState, row: number, y: number, palette: Palette): void {
  const { trace, layout, matches } = state;
  if (row === state.selected || row === state.hovered) {
    context.fillStyle = row === state.selected ? palette.raised : palette.line;
    context.globalAlpha = row === state.selected ? 1 : 0.4;
    context.fillRect(0, y, layout.width, layout.rowHeight);
    context.globalAlpha = 1;
    if (row === state.selected) {
      context.fillStyle = palette.accent;
      context.fillRect(0, y, 3, layout.rowHeight);
    }
  }
  context.globalAlpha = matches && !matches.has(row) ? 0.35 : 1;
  paintName(context, state, row, layout.narrow ? y + 11 : y + layout.rowHeight / 2, palette);
  paintBar(context, state, row, layout.narrow ? y + 21 : y + 4, layout.narrow ? 12 : layout.rowHeight - 8, palette);
  context.globalAlpha = 1;
  if (has(trace, row, FLAGS.error)) {
    context.fillStyle = palette.error;
    context.fillRect(layout.width - 3, y, 3, layout.rowHeight);
  }
}

/** Where the name of a row begins, and the triangle before it that folds it. */
export function indentOf(trace: Trace, row: number): number {
  const depth = trace.depth[row] ?? 0;
  // Beyond ten levels the indent only creeps, so that names stay readable however deep the trace is.
  return 8 + INDENT * Math.min(depth, DEEPEST_INDENT) + Math.min(24, Math.max(0, depth - DEEPEST_INDENT));
}

function paintName(
  context: CanvasRenderingContext2D,
  { trace, layout, collapsed }: WaterfallState,
  row: number,
  y: number,
  palette: Palette,
): void {
  const x = indentOf(trace, row);
  const right = layout.narrow ? layout.width - 8 : layout.x0 - 10;
  const below = trace.descendants[row] ?? 0;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.font = `12px ${palette.font}`;
  if (below > 0) {
    context.fillStyle = palette.muted;
    context.fillText(collapsed.has(row) ? '▸' : '▾', x, y);
  }
  const service = trace.services[trace.service[row] ?? 0] ?? '';
  context.fillStyle = palette.hues[serviceHue(service)] ?? palette.accent;
  context.fillRect(x + 13, y - 4, 3, 9);
  context.save();
  context.beginPath();
  context.rect(x + 20, y - 10, Math.max(0, right - x - 20), 20);
  context.clip();
  context.fillStyle = has(trace, row, FLAGS.error) ? palette.error : palette.text;
  context.font = `600 12px ${palette.font}`;
  context.fillText(service, x + 20, y);
  const named = x + 26 + context.measureText(service).width;
  context.font = `12px ${palette.font}`;
  const hidden = collapsed.has(row) && below > 0 ? ` (+${below})` : '';
  context.fillText((trace.operations[trace.operation[row] ?? 0] ?? '') + hidden, named, y);
  context.restore();
}

function paintBar(
  context: CanvasRenderingContext2D,
  state: WaterfallState,
  row: number,
  y: number,
  height: number,
  palette: Palette,
): void {
  const { trace, layout, critical, logs } = state;
  const [start, took] = [trace.start[row] ?? 0, trace.duration[row] ?? 0];
  const bar = barOf(layout, start, took);
  if (!bar) return;
  const service = trace.services[trace.service[row] ?? 0] ?? '';
  context.fillStyle = palette.hues[serviceHue(service)] ?? palette.accent;
  context.beginPath();
  context.roundRect(bar.x, y, bar.width, height, 2);
  context.fill();
  if (has(trace, row, FLAGS.error)) {
    context.strokeStyle = palette.error;
    context.lineWidth = 2;
    context.stroke();
  }
  if (has(trace, row, FLAGS.skewed)) hatch(context, bar, y, height, palette);
  for (const log of logs.get(row) ?? []) {
    if (log.atMs < layout.fromMs || log.atMs > layout.toMs) continue;
    context.fillStyle = log.bad ? palette.error : palette.text;
    context.fillRect(xOf(layout, log.atMs) - 1, y - 2, 2, height + 4);
  }
  const stretches = critical?.get(row) ?? [];
  context.fillStyle = palette.critical;
  for (let i = 0; i + 1 < stretches.length; i += 2) {
    const part = barOf(layout, stretches[i] ?? 0, (stretches[i + 1] ?? 0) - (stretches[i] ?? 0));
    if (part) context.fillRect(part.x, y + height - 3, part.width, 3);
  }
  label(context, state, row, bar, y + height / 2, palette);
}

/** How long it took, and what is odd about it: after the bar, or before it where there is no room. */
function label(
  context: CanvasRenderingContext2D,
  { trace, layout }: WaterfallState,
  row: number,
  bar: { x: number; width: number },
  y: number,
  palette: Palette,
): void {
  const marks = [
    duration(trace.duration[row] ?? 0),
    has(trace, row, FLAGS.orphan) && 'parent not held',
    has(trace, row, FLAGS.cycle) && 'own ancestor',
    has(trace, row, FLAGS.skewed) && `clock off by ${duration(-(trace.shift[row] ?? 0))}`,
  ].filter(Boolean);
  const text = marks.join(' · ');
  context.font = `11px ${palette.font}`;
  context.fillStyle = marks.length > 1 ? palette.warn : palette.muted;
  context.textBaseline = 'middle';
  const after = bar.x + bar.width + 8;
  const fits = after + context.measureText(text).width < layout.width - 4;
  context.textAlign = fits ? 'left' : 'right';
  if (!fits && bar.x - layout.x0 < context.measureText(text).width + 6) {
    // No room on either side: inside the bar, on a patch of the page's own.
    const width = context.measureText(text).width + 8;
    const colour = context.fillStyle;
    context.fillStyle = palette.panel;
    context.fillRect(bar.x + bar.width - width - 4, y - 7, width, 14);
    context.fillStyle = colour;
    context.fillText(text, bar.x + bar.width - 8, y);
    return;
  }
  context.fillText(text, fits ? after : bar.x - 6, y);
}

function hatch(
  context: CanvasRenderingContext2D,
  bar: { x: number; width: number },
  y: number,
  height: number,
  palette: Palette,
): void {
  context.save();
  context.clip();
  context.strokeStyle = palette.panel;
  context.lineWidth = 2;
  context.beginPath();
  for (let x = bar.x - height; x < bar.x + bar.width; x += 6) {
    context.moveTo(x, y + height);
    context.lineTo(x + height, y);
  }
  context.stroke();
  context.restore();
}
