/** Room stream: the page's end of it: the newest state of each view, listeners per frame and per drawn frame, and acknowledgements of what was drawn. */
import {
  type AnyTable,
  type Frame,
  MAX_HZ,
  type Table,
  type TableName,
  type ViewRequest,
} from '../../server/stream/frame-layout.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { push, type Ring, ring } from './timings.ts';
import { createViews, viewKey } from './views.ts';

/** Frames come at least four times a second (the `health` view); without one for so long the stream is stuck. */
const STALLED_AFTER_MS = 3_000;
const HIDDEN_HZ = 1;

type StreamStatus = 'connecting' | 'live' | 'stalled' | 'waiting';
export interface StreamState {
  status: StreamStatus;
  /** True once a connection failed before it opened: a key may be missing. */
  refused: boolean;
  /** What the server last said was wrong with a subscription, or what this page could not read. */
  problem: string;
}

/** What the page measures of itself. Milliseconds. */
interface PageTimings {
  /** Between two drawn frames of this page. */
  intervals: Ring;
  /** From the server's time in a frame to the drawing of it, against the quickest frame seen: clocks may differ. */
  delays: Ring;
  decode: Ring;
  draw: Ring;
  frames: number;
  bytes: number;
  /** Frames that the server left out because this page was slow. */
  skipped: number;
}

export interface Stream {
  want(request: ViewRequest): () => void;
  /** The newest table of a view; undefined until its first frame. */
  table<T extends TableName>(request: ViewRequest, name: T): Table<T> | undefined;
  /** Called for each section as it arrives, drawn or not: for what continues from frame to frame. */
  onSection(listener: (key: string, table: AnyTable) => void): () => void;
  /** Called once per drawn frame of the screen with the server's time. */
  onDraw(listener: (nowMs: number) => void): () => void;
  state(): StreamState;
  onState(listener: () => void): () => void;
  /** The server's time now (ms since 1970), moving between frames. */
  now(): number;
  timings: PageTimings;
}

/** Opens the stream at `address` with a worker of its own; it lives as long as the page. */
export function openStream(worker: Worker, address: string): Stream {
  const tables = new Map<string, AnyTable>();
  const sectionListeners = new Set<(key: string, table: AnyTable) => void>();
  const drawListeners = new Set<(nowMs: number) => void>();
  const stateListeners = new Set<() => void>();
  const timings: PageTimings = {
    intervals: ring(600),
    delays: ring(600),
    decode: ring(600),
    draw: ring(600),
    frames: 0,
    bytes: 0,
    skipped: 0,
  };
  let state: StreamState = { status: 'connecting', refused: false, problem: '' };
  let clockOffset = Number.NaN;
  let lastFrameAt = Number.NaN;
  let undrawn: Frame | undefined;
  let acknowledged = -1;
  let lastDrawAt = Number.NaN;
  let resubscribe = false;

  const tell = (message: ToWorker) => worker.postMessage(message);
  const views = createViews(() => {
    if (resubscribe) return;
    resubscribe = true;
    queueMicrotask(subscribe);
  });
  const now = () => performance.now() + (Number.isNaN(clockOffset) ? performance.timeOrigin : clockOffset);

  function subscribe(): void {
    resubscribe = false;
    tell({ send: { subscribe: views.wanted(), hz: document.hidden ? HIDDEN_HZ : MAX_HZ } });
  }

  function setState(next: Partial<StreamState>): void {
    const merged = { ...state, ...next };
    if (merged.status === state.status && merged.refused === state.refused && merged.problem === state.problem) return;
    state = merged;
    for (const listener of stateListeners) listener();
  }

  function takeFrame(frame: Frame, bytes: number, decodeMs: number): void {
    const arrived = performance.now();
    // The least delay seen is taken as none; it is forgotten slowly so that a clock that is set right does not stay wrong.
    clockOffset = Number.isNaN(clockOffset) ? frame.timeMs - arrived : Math.max(frame.timeMs - arrived, clockOffset - 0.01);
    lastFrameAt = arrived;
    timings.frames++;
    timings.bytes += bytes;
    timings.skipped += frame.skipped;
    push(timings.decode, decodeMs);
    for (const section of frame.sections) {
      const key = views.keyOf(section.view);
      if (key === undefined) continue;
      tables.set(`${key} ${section.table}`, section);
      for (const listener of sectionListeners) listener(key, section);
    }
    undrawn = frame;
    setState({ status: 'live', refused: false });
    if (document.hidden) acknowledge();
  }

  function acknowledge(): void {
    if (!undrawn || undrawn.sequence === acknowledged) return;
    acknowledged = undrawn.sequence;
    tell({ send: { ack: acknowledged } });
  }

  function draw(at: number): void {
    requestAnimationFrame(draw);
    if (!Number.isNaN(lastDrawAt)) push(timings.intervals, at - lastDrawAt);
    lastDrawAt = at;
    const began = performance.now();
    for (const listener of drawListeners) listener(now());
    const ended = performance.now();
    push(timings.draw, ended - began);
    if (undrawn && undrawn.sequence !== acknowledged) push(timings.delays, Math.max(0, ended + clockOffset - undrawn.timeMs));
    acknowledge();
    if (state.status === 'live' && ended - lastFrameAt > STALLED_AFTER_MS) setState({ status: 'stalled' });
  }

  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if ('frame' in data) takeFrame(data.frame, data.bytes, data.decodeMs);
    else if ('opened' in data) {
      acknowledged = -1;
      clockOffset = Number.NaN;
      lastFrameAt = performance.now();
      setState({ status: 'live', refused: false, problem: '' });
    } else if ('closed' in data) setState({ status: 'waiting', refused: data.before });
    else if ('broken' in data) setState({ problem: data.broken });
    else if ('subscribed' in data.said) views.subscribed(data.said.subscribed);
    else setState({ problem: data.said.error.message });
  };
  document.addEventListener('visibilitychange', () => {
    lastDrawAt = Number.NaN;
    subscribe();
  });
  requestAnimationFrame(draw);
  tell({ open: address });

  return {
    want: views.want,
    table: <T extends TableName>(request: ViewRequest, name: T) =>
      tables.get(`${viewKey(request)} ${name}`) as Table<T> | undefined,
    onSection: (listener) => listen(sectionListeners, listener),
    onDraw: (listener) => listen(drawListeners, listener),
    onState: (listener) => listen(stateListeners, listener),
    state: () => state,
    now,
    timings,
  };
}

function listen<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
