/**
 * What runs in the page, before its own code: notes what is drawn and when. Each function is handed over as text, so it refers to nothing outside
 * itself but the browser, of which only what is used is declared here.
 */
import type { Frame } from '../server/stream/frame-layout.ts';

declare const requestAnimationFrame: (draw: (atMs: number) => void) => void;
declare const document: {
  querySelector(selector: string): Canvas | null;
  addEventListener(type: 'click', listener: () => void, capture: boolean): void;
};
declare const MessageChannel: new () => {
  port1: { onmessage(): void; close(): void };
  port2: { postMessage(message: number): void };
};
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray } };
}
interface PageWorker {
  addEventListener(type: 'message', listener: (event: { data: object }) => void): void;
}
type WorkerClass = new (address: URL, options: object) => PageWorker;

/** A frame of the stream as it was drawn; all times in milliseconds since 1970. */
export interface DrawnFrame {
  /** When the server made it, by its clock, which is this machine's. */
  madeMs: number;
  /** When the page had it, decoded. */
  arrivedMs: number;
  /** When the page's drawing that shows it was painted: the first task after the animation frame. */
  paintedMs: number;
  /** Requests counted in all seconds and services so far, as the page's sparklines draw them. */
  requests: number;
}

export interface Drawn {
  frames: DrawnFrame[];
  /** Between two animation frames, and when the latter was. */
  intervals: { atMs: number; ms: number }[];
}

/** Milliseconds after the navigation or the click on a link began. */
export interface Opening {
  /** The page asked for the trace. */
  asked: number;
  /** The answer began, and was there as a whole. */
  answering: number;
  answered: number;
  /** The waterfall had pixels. */
  pixels: number;
}

/** Where the probes leave what they note. */
export type Noted = { drawn: Drawn; opening?: Opening };

/** Watches the stream's worker and the animation frames. */
export function watchFrames(): void {
  const scope = globalThis as unknown as Noted & { Worker: WorkerClass };
  const drawn: Drawn = { frames: [], intervals: [] };
  scope.drawn = drawn;
  const bySecond = new Map<string, number>();
  let requests = 0;
  let arrived: DrawnFrame[] = [];
  const painting: DrawnFrame[][] = [];

  const take = (frame: Frame): void => {
    for (const table of frame.sections) {
      if (table.table !== 'slots') continue;
      const { second, service, requests: counts } = table.columns;
      for (let row = 0; row < table.rows; row++) {
        const key = `${table.strings[service[row] ?? 0]} ${second[row]}`;
        const count = counts[row] ?? 0;
        requests += count - (bySecond.get(key) ?? 0);
        bySecond.set(key, count);
      }
      arrived.push({ madeMs: frame.timeMs, arrivedMs: Date.now(), paintedMs: 0, requests });
    }
  };
  scope.Worker = class extends scope.Worker {
    constructor(address: URL, options: object) {
      super(address, options);
      this.addEventListener('message', ({ data }) => {
        if ('frame' in data) take(data.frame as Frame);
      });
    }
  };

  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const paintedMs = Date.now();
    for (const one of painting.shift() ?? []) drawn.frames.push({ ...one, paintedMs });
  };
  let last = Number.NaN;
  const draw = (atMs: number): void => {
    requestAnimationFrame(draw);
    if (!Number.isNaN(last)) drawn.intervals.push({ atMs: Date.now(), ms: atMs - last });
    last = atMs;
    if (arrived.length === 0) return;
    painting.push(arrived);
    arrived = [];
    port2.postMessage(0);
  };
  requestAnimationFrame(draw);
}

/** Notes when the waterfall of `spans` spans had pixels, and what led to it. */
export function watchWaterfall(spans: number): void {
  const scope = globalThis as unknown as Noted;
  let began = 0;
  const clicked = (): void => {
    began = performance.now();
  };
  document.addEventListener('click', clicked, true);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const pixels = performance.now() - began;
    const request = performance.getEntriesByType('resource').find(({ name }) => /\/waterfall(\?|$)/.test(name));
    const { requestStart, responseStart, responseEnd } = request as unknown as Record<string, number>;
    const after = (ms: number | undefined): number => (ms ?? Number.NaN) - began;
    scope.opening = { asked: after(requestStart), answering: after(responseStart), answered: after(responseEnd), pixels };
    port1.close();
  };
  const look = (): void => {
    const canvas = document.querySelector(`[role=tree][aria-label="Waterfall, ${spans} spans"] canvas`);
    const painted =
      canvas !== null &&
      canvas.width > 0 &&
      canvas.height > 0 &&
      canvas
        .getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value > 0);
    if (painted) port2.postMessage(0);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
