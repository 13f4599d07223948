/** A few lines in a small box with a marked stretch of time: for a glance beside a trace. */
import { withUnit } from '../format/number.ts';
import type { Palette } from '../shell/theme.ts';
import type { Line } from './series.ts';

export interface SmallChart {
  lines: readonly Line[];
  fromMs: number;
  toMs: number;
  /** The stretch that is marked. */
  markFromMs: number;
  markToMs: number;
  unit: string;
}

const TOP = 4;
const BOTTOM = 4;

export function paintSmallChart(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  chart: SmallChart,
  palette: Palette,
): void {
  const { lines, fromMs, toMs, markFromMs, markToMs, unit } = chart;
  const values = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const most = values.length > 0 ? Math.max(...values, 0) : 0;
  const least = Math.min(0, ...values);
  const x = (ms: number) => ((ms - fromMs) / (toMs - fromMs)) * width;
  const y = (value: number) => height - BOTTOM - ((value - least) / (most - least || 1)) * (height - TOP - BOTTOM);
  context.fillStyle = palette.accent;
  context.globalAlpha = 0.25;
  context.fillRect(x(markFromMs), 0, Math.max(2, x(markToMs) - x(markFromMs)), height);
  context.globalAlpha = 1;
  context.fillStyle = palette.line;
  context.fillRect(0, Math.round(y(0)), width, 1);
  context.lineWidth = 1.5;
  lines.forEach((line, i) => {
    context.strokeStyle = palette.hues[(i * 5) % palette.hues.length] ?? palette.accent;
    context.beginPath();
    let drawing = false;
    line.timesMs.forEach((ms, at) => {
      const value = line.values[at];
      if (value === null || value === undefined) return;
      if (drawing) context.lineTo(x(ms), y(value));
      else context.moveTo(x(ms) - 0.5, y(value));
      if (!drawing) context.lineTo(x(ms) + 0.5, y(value));
      drawing = true;
    });
    context.stroke();
  });
  context.font = `11px ${palette.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'top';
  context.fillStyle = palette.muted;
  context.fillText(withUnit(most, unit), width - 2, 2);
}
