/** The lines shown by when they were: warnings and errors stand out, and a stretch can be dragged over. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { counted } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useDragInterval } from '../shell/drag-interval.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { binLines, sum } from './log-bins.ts';
import type { Line } from './log-buffer.ts';

const STRETCHES = 120;
/** What follows is counted anew so often, not with each line. */
const RENEW_MS = 1_000;

interface LogHistogramProps {
  lines: readonly Line[];
  /** From the oldest line where not given. */
  fromMs: number | undefined;
  toMs: number;
}

export function LogHistogram(props: LogHistogramProps) {
  const { zone } = useNavigation();
  const { lines, fromMs, toMs } = useCalm(props);
  const bins = useMemo(() => binLines(lines, fromMs ?? lines[0]?.timeMs ?? toMs, toMs, STRETCHES), [lines, fromMs, toMs]);
  const [held, hold] = useState<typeof bins>();
  const shown = held ?? bins;
  const drag = useDragInterval({
    range: () => (shown.toMs > shown.fromMs ? [shown.fromMs, shown.toMs] : undefined),
    hold: (on) => hold(on ? shown : undefined),
  });
  const paint = useCallback<Painter>(
    (context, width, height, palette) => {
      const most = Math.max(1, ...shown.all);
      const step = width / STRETCHES;
      const bar = (value: number, i: number, below: number, color: string) => {
        const tall = (value / most) * (height - 16);
        context.fillStyle = color;
        if (value > 0) context.fillRect(i * step, height - below - Math.max(1, tall), Math.max(1, step - 1), Math.max(1, tall));
        return below + tall;
      };
      shown.all.forEach((all, i) => {
        const [warnings = 0, errors = 0] = [shown.warnings[i], shown.errors[i]];
        const below = bar(warnings, i, bar(errors, i, 0, palette.error), palette.warn);
        bar(all - warnings - errors, i, below, palette.faint);
      });
      context.fillStyle = palette.muted;
      context.font = `11px ${palette.font}`;
      context.textBaseline = 'top';
      context.fillText(clockTime(shown.fromMs, zone).slice(0, 8), 2, 1);
      context.textAlign = 'right';
      context.fillText(clockTime(shown.toMs, zone).slice(0, 8), width - 2, 1);
      context.textAlign = 'left';
    },
    [shown, zone],
  );
  const said = `${counted(sum(bins.all), 'line')} by time, ${counted(sum(bins.errors), 'error')}, ${counted(sum(bins.warnings), 'warning')}`;
  return (
    <div className="log-histogram" ref={drag}>
      <Canvas label={said} paint={paint} />
    </div>
  );
}

/** What is shown, at most once a second. */
function useCalm(props: LogHistogramProps): LogHistogramProps {
  const [calm, setCalm] = useState(props);
  const latest = useRef(props);
  latest.current = props;
  const due = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is what it waits for
  useEffect(() => {
    const timer = setTimeout(
      () => {
        due.current = performance.now() + RENEW_MS;
        setCalm(latest.current);
      },
      Math.max(0, due.current - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [props.lines, props.fromMs, props.toMs]);
  return calm;
}
