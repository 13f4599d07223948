/** Lines over time with exemplars as dots that open their traces. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Exemplar } from '../api/types.ts';
import { withUnit } from '../format/number.ts';
import { clockTime, zoneName } from '../format/time.ts';
import { listenForDrag, useDragArea } from '../shell/drag-interval.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { placeHref } from '../shell/place.ts';
import { colors, onPalette } from '../shell/theme.ts';
import { thinExemplars } from './exemplars.ts';
import { alignLines, type Line } from './series.ts';

const MOST_EXEMPLARS = 60;

interface ChartProps {
  lines: readonly Line[];
  exemplars: readonly Exemplar[];
  fromMs: number;
  toMs: number;
  /** A moment to mark, undefined for none. */
  atMs: number | undefined;
  unit: string;
  label: string;
  /** Called with the index of the time under the pointer, undefined outside. */
  point(index: number | undefined): void;
}

export function Chart(props: ChartProps) {
  const { zone, go, place } = useNavigation();
  const box = useRef<HTMLElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ ...props, place });
  latest.current = { ...props, place };
  // While one drags, the time axis stands still.
  const held = useRef<readonly [number, number]>(undefined);
  const drag = useDragArea({
    range: () => [latest.current.fromMs, latest.current.toMs],
    hold: (on) => {
      held.current = on ? [latest.current.fromMs, latest.current.toMs] : undefined;
    },
  });
  const labels = props.lines.map(({ label }) => label).join('\n');

  // biome-ignore lint/correctness/useExhaustiveDependencies: uPlot is made anew only where its series or its zone change
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const open = (exemplar: Exemplar) => go('trace', exemplar.traceId, { span: exemplar.spanId });
    const href = ({ traceId, spanId }: Exemplar) =>
      placeHref({ ...latest.current.place, page: 'trace', id: traceId, params: { span: spanId } });
    let stopDrag = () => {};
    const range = () => held.current ?? ([latest.current.fromMs, latest.current.toMs] as const);
    const make = () => {
      stopDrag();
      plot.current?.destroy();
      plot.current = new uPlot(
        options(latest, range, element, zoneName(zone), (over) => drawExemplars(over, latest.current, zone, href, open)),
        alignLines(latest.current.lines),
        element,
      );
      stopDrag = listenForDrag(plot.current.over, drag);
    };
    make();
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    const stop = onPalette(make);
    return () => {
      stop();
      stopDrag();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [labels, zone, props.unit]);

  useEffect(() => plot.current?.setData(alignLines(props.lines)), [props.lines]);
  return <figure ref={box} className="chart" aria-label={props.label} />;
}

function options(
  latest: { current: ChartProps },
  shown: () => readonly [fromMs: number, toMs: number],
  element: HTMLElement,
  zone: string,
  exemplars: (plot: uPlot) => void,
): uPlot.Options {
  const palette = colors();
  const axis = {
    stroke: palette.muted,
    grid: { stroke: palette.line, width: 1 },
    ticks: { stroke: palette.line, width: 1 },
    font: `11px ${palette.font}`,
  };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: {
      x: {
        range: () => {
          const [fromMs, toMs] = shown();
          return [fromMs / 1000, toMs / 1000];
        },
      },
      y: {
        range: (_plot, least, most) => {
          const { exemplars: all, fromMs, toMs } = latest.current;
          const marked = all.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs).map(({ value }) => value);
          const top = Math.max(most ?? 0, ...marked);
          return [Math.min(0, least ?? 0), top > 0 ? top * 1.08 : 1];
        },
      },
    },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map((seconds) => clockTime(seconds * 1000, zone).slice(0, 8)), space: 90 },
      { ...axis, size: 70, values: (_plot, splits) => splits.map((value) => withUnit(value, latest.current.unit)) },
    ],
    series: [
      {},
      ...latest.current.lines.map((line, i) => ({
        label: line.label,
        stroke: lineColor(i),
        width: 1.5,
      })),
    ],
    hooks: {
      setCursor: [(plot) => latest.current.point(plot.cursor.idx ?? undefined)],
      draw: [
        (plot) => {
          markMoment(plot, latest.current.atMs, palette.accent);
          exemplars(plot);
        },
      ],
    },
  };
}

/** Neighbouring lines get hues far apart. */
export function lineColor(index: number): string {
  const { hues, accent } = colors();
  return hues[(index * 5) % hues.length] ?? accent;
}

function markMoment(plot: uPlot, atMs: number | undefined, color: string): void {
  if (atMs === undefined) return;
  const x = plot.valToPos(atMs / 1000, 'x', true);
  plot.ctx.fillStyle = color;
  plot.ctx.fillRect(x, plot.bbox.top, 2, plot.bbox.height);
}

function drawExemplars(
  plot: uPlot,
  { exemplars, unit }: ChartProps,
  zone: string,
  href: (exemplar: Exemplar) => string,
  open: (exemplar: Exemplar) => void,
): void {
  const [from = 0, to = 0] = [plot.scales.x?.min, plot.scales.x?.max];
  const shown = thinExemplars(exemplars, from * 1000, to * 1000, MOST_EXEMPLARS);
  const focused = document.activeElement?.getAttribute('href');
  for (const old of plot.over.querySelectorAll('.exemplar')) old.remove();
  for (const exemplar of shown) {
    const dot = document.createElement('a');
    dot.className = 'exemplar';
    dot.href = href(exemplar);
    dot.title = `${withUnit(exemplar.value, unit)} at ${clockTime(exemplar.timeMs, zone)}: open its trace`;
    dot.setAttribute('aria-label', dot.title);
    dot.style.left = `${plot.valToPos(exemplar.timeMs / 1000, 'x')}px`;
    dot.style.top = `${plot.valToPos(exemplar.value, 'y')}px`;
    dot.addEventListener('click', (event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      open(exemplar);
    });
    plot.over.append(dot);
    if (focused === dot.getAttribute('href')) dot.focus();
  }
}
