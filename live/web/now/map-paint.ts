/** Draws the service map's edges and what flows along them. */
import { compact, duration } from '../format/number.ts';
import type { Palette } from '../shell/theme.ts';
import { type Cubic, pointAt } from './curve.ts';
import { type Box, LABEL_HEIGHT, placeLabel } from './edge-label.ts';

export interface Flow {
  curve: readonly Cubic[];
  /** Calls per second. */
  rate: number;
  /** 0 to 1. */
  errorRate: number;
  p99Ms: number;
  /** Drawn weaker: the reader looks at another service. */
  dimmed: boolean;
}

/** How long a dot is on its way. Not the calls' duration: that would be invisible. */
const TRAVEL_MS = 1_800;
const MOST_DOTS = 12;
/** From this share of errors an edge counts as failing. */
const FAILING = 0.01;

/** Dots on an edge: more for more calls, on a scale that shows both 1/s and 10,000/s. */
export function dotsFor(rate: number): number {
  return rate <= 0 ? 0 : Math.min(MOST_DOTS, Math.max(1, Math.round(2 * Math.log2(1 + rate))));
}

/** True for the dots of an edge that are drawn as errors: the share of them over many rounds is `errorRate`. */
export function isErrorDot(dot: number, round: number, errorRate: number): boolean {
  // The golden ratio spreads any number of rounds evenly.
  return ((dot * MOST_DOTS + round * 7 + 1) * 0.618033988749895) % 1 < errorRate;
}

/** `nodes` are the boxes that numbers must not cover, `bounds` the map's. */
export function paintFlow(
  context: CanvasRenderingContext2D,
  flows: readonly Flow[],
  nodes: readonly Box[],
  bounds: Box,
  palette: Palette,
  nowMs: number,
): void {
  for (const flow of flows) {
    context.globalAlpha = flow.dimmed ? 0.35 : 1;
    strokeCurve(context, flow, palette);
    const dots = dotsFor(flow.rate);
    for (let dot = 0; dot < dots; dot++) {
      const way = nowMs / TRAVEL_MS + dot / dots;
      const [x, y] = pointAt(flow.curve, way % 1);
      const failed = isErrorDot(dot, Math.floor(way), flow.errorRate);
      context.fillStyle = failed ? palette.error : palette.accent;
      context.beginPath();
      context.arc(x, y, failed ? 3.4 : 2.4, 0, 2 * Math.PI);
      context.fill();
    }
  }
  context.globalAlpha = 1;
  paintLabels(context, flows, nodes, bounds, palette);
}

function strokeCurve(context: CanvasRenderingContext2D, { curve, rate, errorRate }: Flow, palette: Palette): void {
  context.strokeStyle = errorRate >= FAILING ? palette.error : palette.faint;
  context.lineWidth = 1 + Math.min(3, Math.log10(1 + rate));
  context.beginPath();
  for (const [x0, y0, x1, y1, x2, y2, x3, y3] of curve) {
    context.moveTo(x0, y0);
    context.bezierCurveTo(x1, y1, x2, y2, x3, y3);
  }
  context.stroke();
}

function paintLabels(
  context: CanvasRenderingContext2D,
  flows: readonly Flow[],
  nodes: readonly Box[],
  bounds: Box,
  palette: Palette,
): void {
  context.font = `11px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const taken = [...nodes];
  for (const { curve, rate, p99Ms, dimmed } of flows) {
    if (dimmed) continue;
    const text = `${compact(Number(rate.toFixed(1)))}/s · ${duration(p99Ms)}`;
    // A fixed width per length: numbers that change do not make the labels jump from place to place.
    const width = 12 + 6 * Math.max(12, text.length);
    const at = placeLabel(curve, width, taken, bounds);
    if (!at) continue;
    taken.push(at.box);
    context.fillStyle = palette.panel;
    context.fillRect(at.x - width / 2 + 4, at.box.top, width - 8, LABEL_HEIGHT);
    context.fillStyle = palette.muted;
    context.fillText(text, at.x, at.y + 0.5);
  }
}
