/** One service at a glance; every number leads to the traces behind it. */
import { useCallback, useRef } from 'react';
import { compact, duration, percent } from '../format/number.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useDragInterval } from '../shell/drag-interval.ts';
import { glideTime } from '../shell/motion.ts';
import { Link } from '../shell/navigation.tsx';
import { ServiceName, serviceHue } from '../shell/service-name.tsx';
import type { History } from '../stream/slots.ts';
import { ease, paintSparkline, type Scale, SHOWN_SECONDS } from './sparkline.ts';

interface ServiceNumbers {
  service: string;
  rate: number;
  errorRate: number;
  p50Ms: number;
  p99Ms: number;
  inFlight: number;
}

interface TileProps {
  numbers: ServiceNumbers;
  histories: ReadonlyMap<string, History>;
  /** The interval that the histories are of; undefined: the last minute, up to now. */
  shown: { fromMs: number; toMs: number; endMs: number } | undefined;
  selected: boolean;
  select(): void;
}

export function Tile({ numbers, histories, shown, selected, select }: TileProps) {
  const { service, rate, errorRate, p50Ms, p99Ms, inFlight } = numbers;
  const scale = useRef<Scale>({ requests: 1, p99Ms: 1 });
  // Under the pointer nothing glides away.
  const shownMs = useRef(0);
  const held = useRef(false);
  const drag = useDragInterval({
    range: () => (shown ? [shown.fromMs, shown.toMs] : [shownMs.current - SHOWN_SECONDS * 1000, shownMs.current]),
    hold: (on) => {
      held.current = on;
    },
  });
  const paint = useCallback<Painter>(
    (context, width, height, palette, nowMs) => {
      const history = histories.get(service);
      if (!history) return;
      if (!held.current) shownMs.current = shown?.endMs ?? glideTime(nowMs);
      scale.current = ease(scale.current, history, shown?.endMs ?? nowMs);
      const hue = palette.hues[serviceHue(service)] ?? palette.accent;
      paintSparkline(context, width, height, { history, scale: scale.current, hue }, palette, shownMs.current);
    },
    [histories, service, shown?.endMs],
  );
  return (
    <article className={`panel tile ${selected ? 'tile-selected' : ''}`} aria-label={service}>
      <h2>
        <button type="button" className="plain" aria-pressed={selected} title="Show only this service below" onClick={select}>
          <ServiceName service={service} />
        </button>
        <span className="hint in-flight" title="Requests under way, on average">
          {`${inFlight < 10 ? inFlight.toFixed(2) : compact(inFlight)} in flight`}
        </span>
      </h2>
      <div className="numbers">
        <Link page="traces" params={{ service }} className="number number-big">
          <b>{compact(Number(rate.toFixed(1)))}</b>
          <span>req/s</span>
        </Link>
        <Link page="traces" params={{ service, status: 'error' }} className={`number ${errorRate > 0 ? 'number-error' : ''}`}>
          <b>{percent(errorRate)}</b>
          <span>errors</span>
        </Link>
        <Link page="traces" params={{ service }} className="number">
          <b>{duration(p50Ms)}</b>
          <span>p50</span>
        </Link>
        <Link page="traces" params={{ service, min: Number.isNaN(p99Ms) ? '' : p99Ms.toFixed(2) }} className="number">
          <b>{duration(p99Ms)}</b>
          <span>p99</span>
        </Link>
      </div>
      <div className="sparkline" ref={drag}>
        <Canvas label="" paint={paint} live />
      </div>
    </article>
  );
}
