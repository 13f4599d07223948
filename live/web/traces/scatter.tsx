/** Found traces by time and duration: what is slow stands out before the list is read. */
import { type MouseEvent, useCallback, useRef, useState } from 'react';
import type { TraceSummary } from '../api/types.ts';
import { duration } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useDragInterval } from '../shell/drag-interval.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { serviceHue } from '../shell/service-name.tsx';
import { edgeTimes, nearestDot, placeDots } from './scatter-layout.ts';

interface ScatterProps {
  traces: readonly TraceSummary[];
  /** The moments at its sides. */
  range: readonly [fromMs: number, toMs: number];
}

export function Scatter({ traces, range }: ScatterProps) {
  const { go, zone } = useNavigation();
  const width = useRef(0);
  const [hovered, setHovered] = useState(-1);
  const [fromMs, toMs] = range;
  const drag = useDragInterval({ range: () => (toMs > fromMs ? edgeTimes([fromMs, toMs], width.current) : undefined) });
  const place = useCallback(
    (wide: number, height: number) => placeDots(traces, [fromMs, toMs], wide, height),
    [traces, fromMs, toMs],
  );
  const paint = useCallback<Painter>(
    (context, wide, height, palette) => {
      width.current = wide;
      context.font = `11px ${palette.font}`;
      context.fillStyle = palette.muted;
      context.textBaseline = 'top';
      context.fillText(duration(Math.max(0, ...traces.map(({ durationMs }) => durationMs))), 4, 4);
      context.textBaseline = 'bottom';
      context.fillText(clockTime(fromMs, zone).slice(0, 8), 4, height - 4);
      context.textAlign = 'right';
      context.fillText(clockTime(toMs, zone).slice(0, 8), wide - 4, height - 4);
      context.textAlign = 'left';
      context.fillStyle = palette.line;
      context.fillRect(0, height - 1, wide, 1);
      place(wide, height).forEach(({ x, y, radius }, i) => {
        const trace = traces[i];
        if (!trace) return;
        context.globalAlpha = hovered < 0 || hovered === i ? 0.85 : 0.3;
        context.fillStyle = trace.errors > 0 ? palette.error : (palette.hues[serviceHue(trace.service)] ?? palette.accent);
        context.beginPath();
        context.arc(x, y, i === hovered ? radius + 2 : radius, 0, 2 * Math.PI);
        context.fill();
      });
      context.globalAlpha = 1;
    },
    [place, traces, hovered, fromMs, toMs, zone],
  );
  const dotAt = (event: MouseEvent) => {
    const rect = event.currentTarget.getBoundingClientRect();
    return nearestDot(place(rect.width, rect.height), event.clientX - rect.left, event.clientY - rect.top);
  };
  const trace = traces[hovered];
  const title = trace && `${trace.service} ${trace.operation}, ${duration(trace.durationMs)}, ${clockTime(trace.startMs, zone)}`;
  return (
    <div
      ref={drag}
      className={`scatter ${trace ? 'pointing' : ''}`}
      aria-hidden="true"
      title={title}
      onMouseMove={(event) => setHovered(dotAt(event))}
      onMouseLeave={() => setHovered(-1)}
      onClick={(event) => {
        const clicked = traces[dotAt(event)];
        if (clicked) go('trace', clicked.traceId);
      }}
    >
      <Canvas label="" paint={paint} />
    </div>
  );
}
