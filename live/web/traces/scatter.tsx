/** Found traces by time and duration: what is slow stands out before the list is read. */
import { type MouseEvent, useCallback, useRef, useState } from 'react';
import type { TraceSummary } from '../api/types.ts';
import { duration } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useNavigation } from '../shell/navigation.tsx';
import { serviceHue } from '../shell/service-name.tsx';
import { nearestDot, placeDots } from './scatter-layout.ts';

export function Scatter({ traces }: { traces: readonly TraceSummary[] }) {
  const { go, zone } = useNavigation();
  const box = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState(-1);
  const place = useCallback((width: number, height: number) => placeDots(traces, width, height), [traces]);
  const paint = useCallback<Painter>(
    (context, width, height, palette) => {
      context.font = `11px ${palette.font}`;
      context.fillStyle = palette.muted;
      context.textBaseline = 'top';
      context.fillText(duration(Math.max(0, ...traces.map(({ durationMs }) => durationMs))), 4, 4);
      context.fillStyle = palette.line;
      context.fillRect(0, height - 1, width, 1);
      place(width, height).forEach(({ x, y, radius }, i) => {
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
    [place, traces, hovered],
  );
  const dotAt = (event: MouseEvent) => {
    const rect = box.current?.getBoundingClientRect();
    if (!rect) return -1;
    return nearestDot(place(rect.width, rect.height), event.clientX - rect.left, event.clientY - rect.top);
  };
  const trace = traces[hovered];
  const title = trace && `${trace.service} ${trace.operation}, ${duration(trace.durationMs)}, ${clockTime(trace.startMs, zone)}`;
  return (
    <div
      ref={box}
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
