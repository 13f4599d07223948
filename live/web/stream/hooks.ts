/** React's way to the stream. What moves is drawn on canvases; React itself renders a few times a second. */
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { AnyTable, Table, TableName, ViewRequest } from '../../server/stream/frame-layout.ts';
import type { Stream, StreamState } from './stream.ts';
import { viewKey } from './views.ts';

/** Text that changes faster than this cannot be read. */
const READABLE_HZ = 4;

export const StreamContext = createContext<Stream | undefined>(undefined);

export function useStream(): Stream {
  const stream = useContext(StreamContext);
  if (!stream) throw new Error('useStream needs a StreamContext around it');
  return stream;
}

export function useStreamState(): StreamState {
  const stream = useStream();
  return useSyncExternalStore(stream.onState, stream.state);
}

/** Subscribes to a view while the component is shown. */
function useView(request: ViewRequest): void {
  const stream = useStream();
  const key = viewKey(request);
  const latest = useRef(request);
  latest.current = request;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all there is in the request
  useEffect(() => stream.want(latest.current), [stream, key]);
}

/** The newest table of a view, at a pace that can be read; undefined until it came. */
export function useTable<T extends TableName>(request: ViewRequest, name: T, hz = READABLE_HZ): Table<T> | undefined {
  const stream = useStream();
  const key = viewKey(request);
  const latest = useRef(request);
  latest.current = request;
  useView(request);
  const [table, setTable] = useState(() => stream.table(request, name));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all there is in the request
  useEffect(() => {
    let due = 0;
    return stream.onDraw(() => {
      const at = performance.now();
      if (at < due) return;
      due = at + 1000 / hz;
      setTable(stream.table(latest.current, name));
    });
  }, [stream, key, name, hz]);
  return table;
}

/** Calls `draw` once per frame of the screen; the newest function is the one called. */
export function useDraw(draw: (nowMs: number) => void): void {
  const stream = useStream();
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => stream.onDraw((nowMs) => latest.current(nowMs)), [stream]);
}

/** Calls `take` for each section of a view as it arrives. */
export function useSections(request: ViewRequest, take: (table: AnyTable) => void): void {
  const stream = useStream();
  const key = viewKey(request);
  const latest = useRef(take);
  latest.current = take;
  useView(request);
  useEffect(
    () =>
      stream.onSection((of, table) => {
        if (of === key) latest.current(table);
      }),
    [stream, key],
  );
}

/** The server's time, a few times a second: for ages. */
export function useNow(hz = 1): number {
  const stream = useStream();
  const [now, setNow] = useState(stream.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(stream.now()), 1000 / hz);
    return () => clearInterval(timer);
  }, [stream, hz]);
  return now;
}
