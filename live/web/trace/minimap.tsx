/** The whole trace in a strip: drag over a stretch to zoom into it. */
import { type PointerEvent, useCallback, useRef, useState } from 'react';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { serviceHue } from '../shell/service-name.tsx';
import { ERROR, eachStretch, minimapCells } from './minimap-cells.ts';
import { FLAGS, has, type Trace } from './trace-model.ts';

const SMALLEST_DRAG = 4;

interface MinimapProps {
  trace: Trace;
  zoom: readonly [number, number];
  setZoom(fromMs: number, toMs: number): void;
}

export function Minimap({ trace, zoom: [fromMs, toMs], setZoom }: MinimapProps) {
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<readonly [number, number]>();
  const paint = useCallback<Painter>(
    (context, width, height, palette) => {
      const hues = trace.services.map(serviceHue);
      const lines = Math.max(1, Math.floor(height));
      if (trace.count > lines) {
        const columns = Math.max(1, Math.floor(width));
        eachStretch(minimapCells(trace, hues, columns, lines), columns, (cell, x, line, length) => {
          context.fillStyle = cell === ERROR ? palette.error : (palette.hues[cell - 1] ?? palette.accent);
          context.fillRect(x, line, length, 1);
        });
        return;
      }
      const scale = width / (trace.durationMs || 1);
      trace.order.forEach((row, at) => {
        const hue = palette.hues[hues[trace.service[row] ?? 0] ?? 0] ?? palette.accent;
        context.fillStyle = has(trace, row, FLAGS.error) ? palette.error : hue;
        const length = Math.max(1, (trace.duration[row] ?? 0) * scale);
        context.fillRect((trace.start[row] ?? 0) * scale, (at * height) / trace.count, length, Math.min(4, height / trace.count));
      });
    },
    [trace],
  );

  const share = (event: PointerEvent) => {
    const rect = box.current?.getBoundingClientRect();
    return rect ? Math.min(1, Math.max(0, (event.clientX - rect.left) / rect.width)) : 0;
  };
  const end = (event: PointerEvent) => {
    if (!drag) return;
    const [a, b] = [drag[0], share(event)].sort((x, y) => x - y) as [number, number];
    setDrag(undefined);
    const width = box.current?.clientWidth ?? 0;
    if ((b - a) * width >= SMALLEST_DRAG) setZoom(a * trace.durationMs, b * trace.durationMs);
  };
  const [left, right] = drag
    ? [...drag].sort((a, b) => a - b)
    : [fromMs / (trace.durationMs || 1), toMs / (trace.durationMs || 1)];
  return (
    <div
      ref={box}
      className="minimap"
      aria-hidden="true"
      title="Drag to zoom into a stretch of time"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([share(event), share(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], share(event)])}
      onPointerUp={end}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => setZoom(0, trace.durationMs)}
    >
      <Canvas label="" paint={paint} />
      <span className="minimap-shade" style={{ left: 0, width: `${(left ?? 0) * 100}%` }} />
      <span className="minimap-shade" style={{ right: 0, width: `${(1 - (right ?? 1)) * 100}%` }} />
    </div>
  );
}
