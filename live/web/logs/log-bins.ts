/** How many lines fell into each of equal stretches of time, by how bad they are. */
import type { Line } from './log-buffer.ts';

export interface LogBins {
  fromMs: number;
  toMs: number;
  /** Of each stretch: lines in all, warnings, and errors with fatal ones. */
  all: Uint32Array;
  warnings: Uint32Array;
  errors: Uint32Array;
}

/** Lines outside of the time are left out. */
export function binLines(
  lines: readonly Pick<Line, 'timeMs' | 'level' | 'lost'>[],
  fromMs: number,
  toMs: number,
  stretches: number,
): LogBins {
  const column = () => new Uint32Array(stretches);
  const bins: LogBins = { fromMs, toMs, all: column(), warnings: column(), errors: column() };
  const perMs = stretches / Math.max(1e-6, toMs - fromMs);
  const add = (to: Uint32Array, at: number) => {
    to[at] = (to[at] ?? 0) + 1;
  };
  for (const { timeMs, level, lost } of lines) {
    if (lost > 0 || timeMs < fromMs || timeMs > toMs) continue;
    const at = Math.min(stretches - 1, Math.floor((timeMs - fromMs) * perMs));
    add(bins.all, at);
    if (level === 'warn') add(bins.warnings, at);
    if (level === 'error' || level === 'fatal') add(bins.errors, at);
  }
  return bins;
}

export const sum = (values: Uint32Array): number => values.reduce((total, value) => total + value, 0);
