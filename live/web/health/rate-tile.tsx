/** One of the server's numbers and how it went while this page was open. */
import { useCallback, useRef } from 'react';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useConnection } from '../shell/connection.tsx';
import { useDragInterval } from '../shell/drag-interval.ts';
import { useDraw, useStream } from '../stream/hooks.ts';
import { held as inOrder, push, ring } from '../stream/timings.ts';

const SAMPLES = 240;
const SAMPLE_MS = 250;

export function RateTile({ name, label, format }: { name: string; label: string; format(value: number): string }) {
  const stream = useStream();
  const { health } = useConnection();
  const value = health.get(name);
  const samples = useRef(ring(SAMPLES));
  const sampledAt = useRef(0);
  useDraw(() => {
    const at = performance.now();
    if (value === undefined || at - sampledAt.current < SAMPLE_MS) return;
    sampledAt.current = at;
    push(samples.current, value);
  });
  const held = useRef<{ values: Float64Array; toMs: number }>(undefined);
  const drag = useDragInterval({
    range: () => {
      const toMs = held.current?.toMs ?? stream.now();
      return [toMs - (SAMPLES - 1) * SAMPLE_MS, toMs];
    },
    hold: (on) => {
      held.current = on ? { values: inOrder(samples.current), toMs: stream.now() } : undefined;
    },
  });
  const paint = useCallback<Painter>((context, width, height, palette) => {
    const values = held.current?.values ?? inOrder(samples.current);
    const most = Math.max(...values, 1e-9);
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.5;
    context.beginPath();
    values.forEach((one, i) => {
      const x = width - ((values.length - 1 - i) * width) / (SAMPLES - 1);
      context.lineTo(x, height - 2 - (one / most) * (height - 4));
    });
    context.stroke();
  }, []);
  return (
    <article className="panel tile" aria-label={label}>
      <div className="number number-big">
        <b>{value === undefined ? '–' : format(value < 10 ? Number(value.toFixed(1)) : Math.round(value))}</b>
        <span>{label}</span>
      </div>
      <div className="rate-line" ref={drag}>
        <Canvas label="" paint={paint} live />
      </div>
    </article>
  );
}
