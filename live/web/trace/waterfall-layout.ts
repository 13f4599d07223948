/** Where things are in the waterfall. Pixels of the canvas, milliseconds from the trace's start. */

export interface WaterfallLayout {
  width: number;
  rowHeight: number;
  axisHeight: number;
  /** Left and right end of the time axis. */
  x0: number;
  x1: number;
  /** Names above their bars instead of beside them. */
  narrow: boolean;
  /** The stretch of time shown. */
  fromMs: number;
  toMs: number;
}

const NARROW = 640;
const SMALLEST_STRETCH_MS = 0.001;

export function layoutWaterfall(width: number, fromMs: number, toMs: number): WaterfallLayout {
  const narrow = width < NARROW;
  const names = narrow ? 0 : Math.min(460, Math.max(240, width * 0.38));
  return {
    width,
    rowHeight: narrow ? 38 : 22,
    axisHeight: 24,
    x0: names + 8,
    x1: Math.max(names + 40, width - 64),
    narrow,
    fromMs,
    toMs: Math.max(toMs, fromMs + SMALLEST_STRETCH_MS),
  };
}

export function xOf({ x0, x1, fromMs, toMs }: WaterfallLayout, ms: number): number {
  return x0 + ((ms - fromMs) / (toMs - fromMs)) * (x1 - x0);
}

export function timeAt({ x0, x1, fromMs, toMs }: WaterfallLayout, x: number): number {
  return fromMs + ((x - x0) / (x1 - x0)) * (toMs - fromMs);
}

/** Left edge and width of a bar, at least 2 pixels wide; undefined where it is outside the stretch shown. */
export function barOf(layout: WaterfallLayout, startMs: number, durationMs: number): { x: number; width: number } | undefined {
  if (startMs + durationMs < layout.fromMs || startMs > layout.toMs) return undefined;
  const left = Math.max(layout.x0, xOf(layout, startMs));
  const right = Math.min(layout.x1, xOf(layout, startMs + durationMs));
  const x = Math.min(left, layout.x1 - 2);
  return { x, width: Math.max(2, right - x) };
}

/** Round times for about `count` marks within a stretch: 1, 2 or 5 times a power of ten apart. */
export function ticks(fromMs: number, toMs: number, count: number): number[] {
  const rough = (toMs - fromMs) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(fromMs / step - 1e-9);
  const last = Math.floor(toMs / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** `12.5-80` and back; undefined where the text is no stretch of time. */
export function readZoom(text: string): [fromMs: number, toMs: number] | undefined {
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return from !== undefined && to !== undefined && Number(from) < Number(to) ? [Number(from), Number(to)] : undefined;
}

export function zoomText(fromMs: number, toMs: number, durationMs: number): string {
  if (fromMs <= 0 && toMs >= durationMs) return '';
  const text = (ms: number) => String(Number(ms.toFixed(3)));
  return `${text(Math.max(0, fromMs))}-${text(Math.min(durationMs, toMs))}`;
}

/** The stretch scaled by `factor` around `aroundMs`, kept within the trace. */
export function zoomBy([fromMs, toMs]: [number, number], factor: number, aroundMs: number, durationMs: number): [number, number] {
  const length = Math.min(durationMs, Math.max((toMs - fromMs) * factor, Math.max(SMALLEST_STRETCH_MS, durationMs / 1e6)));
  const share = (aroundMs - fromMs) / (toMs - fromMs || 1);
  const from = Math.min(Math.max(0, aroundMs - share * length), durationMs - length);
  return [from, from + length];
}
