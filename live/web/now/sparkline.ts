/** A service's last minute: requests a second as bars, the failed ones in red, and p99 as a line below, gliding with the server's clock. */
import type { Palette } from '../shell/theme.ts';
import { type History, slotOf } from '../stream/slots.ts';

export const SHOWN_SECONDS = 60;
/** The share of the height that the bars have; the line has the rest. */
const BARS = 0.6;
const GAP = 6;

/** Tops of both scales; they follow what is shown in small steps, so that nothing jumps. */
export interface Scale {
  requests: number;
  p99Ms: number;
}

/** A step of `scale` towards the largest values shown: up at once, down by a fortieth a frame. */
export function ease(scale: Scale, history: History, nowMs: number): Scale {
  let requests = 1;
  let p99Ms = 1e-3;
  for (let second = Math.floor(nowMs / 1000) - SHOWN_SECONDS; second <= nowMs / 1000; second++) {
    const slot = slotOf(history, second);
    if (slot < 0) continue;
    requests = Math.max(requests, history.requests[slot] ?? 0);
    p99Ms = Math.max(p99Ms, history.p99Ms[slot] || 0);
  }
  return { requests: follow(scale.requests, requests), p99Ms: follow(scale.p99Ms, p99Ms) };
}

const follow = (from: number, to: number): number => (to >= from ? to : Math.max(to, from - (from - to) / 40));

export function paintSparkline(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  { history, scale, hue }: { history: History; scale: Scale; hue: string },
  palette: Palette,
  nowMs: number,
): void {
  const step = width / SHOWN_SECONDS;
  const floor = Math.round(height * BARS);
  const x = (second: number) => width - (nowMs / 1000 - second) * step;
  const first = Math.floor(nowMs / 1000) - SHOWN_SECONDS;
  context.fillStyle = palette.line;
  context.fillRect(0, floor, width, 1);
  context.beginPath();
  let drawing = false;
  for (let second = first; second <= nowMs / 1000; second++) {
    const slot = slotOf(history, second);
    if (slot < 0) {
      drawing = false;
      continue;
    }
    const requests = history.requests[slot] ?? 0;
    const errors = history.errors[slot] ?? 0;
    const left = x(second);
    const bar = Math.max(1, step - 1);
    const tall = (requests / scale.requests) * (floor - 2);
    const failed = (errors / scale.requests) * (floor - 2);
    context.fillStyle = hue;
    context.fillRect(left, floor - tall, bar, tall - failed);
    if (errors > 0) {
      context.fillStyle = palette.error;
      context.fillRect(left, floor - Math.max(2, failed), bar, Math.max(2, failed));
    }
    const p99 = history.p99Ms[slot] ?? Number.NaN;
    if (Number.isNaN(p99)) {
      drawing = false;
      continue;
    }
    const y = height - 1.5 - (p99 / scale.p99Ms) * (height - floor - GAP - 1.5);
    // A second alone between others without requests is a short stroke.
    if (!drawing) context.moveTo(left, y);
    context.lineTo(left + step / 2, y);
    drawing = true;
  }
  context.strokeStyle = palette.muted;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.stroke();
}
