/** The minimap of a trace with more rows than lines: which hue each pixel has, so that what is drawn does not grow with the trace. */
import { FLAGS, has, type Trace } from './trace-model.ts';

const NOTHING = 0;
export const ERROR = 255;

/**
 * Pixels line by line: NOTHING, ERROR, or 1 + the hue of the service. One line stands for many rows: each row lies over the ones before, errors over
 * all.
 * @param hues of the services, each below 254
 */
export function minimapCells(trace: Trace, hues: readonly number[], width: number, lines: number): Uint8Array {
  const cells = new Uint8Array(width * lines);
  const scale = width / (trace.durationMs || 1);
  for (const errors of [false, true]) {
    for (let at = 0; at < trace.count; at++) {
      const row = trace.order[at] ?? 0;
      if (has(trace, row, FLAGS.error) !== errors) continue;
      const start = trace.start[row] ?? 0;
      const left = Math.min(width - 1, Math.floor(start * scale));
      const right = Math.min(width, Math.max(left + 1, Math.round((start + (trace.duration[row] ?? 0)) * scale)));
      const line = Math.floor((at * lines) / trace.count) * width;
      cells.fill(errors ? ERROR : 1 + (hues[trace.service[row] ?? 0] ?? 0), line + left, line + right);
    }
  }
  return cells;
}

/** Calls `draw` for each stretch of pixels of one kind in a line. */
export function eachStretch(
  cells: Uint8Array,
  width: number,
  draw: (cell: number, x: number, line: number, length: number) => void,
): void {
  for (let from = 0; from < cells.length; ) {
    const cell = cells[from] ?? NOTHING;
    const x = from % width;
    let to = from + 1;
    while (to < from + width - x && cells[to] === cell) to++;
    if (cell !== NOTHING) draw(cell, x, (from - x) / width, to - from);
    from = to;
  }
}
