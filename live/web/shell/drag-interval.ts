/** Choosing an interval by dragging over a chart: the same on every chart, by mouse, pen and finger. */
import { useCallback, useRef } from 'react';
import { useStream } from '../stream/hooks.ts';
import { between, type Interval, intervalName } from './interval.ts';
import { useNavigation } from './navigation.tsx';

/** A press that moves less is a click. */
const LEAST_PX = 5;

export interface DragArea {
  /** The moments at the left and the right edge; undefined where nothing is drawn. */
  range(): readonly [fromMs: number, toMs: number] | undefined;
  choose(interval: Interval): void;
  /** What stands beside the chosen stretch while it is dragged. */
  name(interval: Interval): string;
  /** Called with true when a drag begins and false when it ended: what moves stands still meanwhile. */
  hold?(on: boolean): void;
}

/** Listens on `element`, which must be positioned; returns how to stop. Escape gives a drag up. */
export function listenForDrag(element: HTMLElement, area: DragArea): () => void {
  let giveUp = () => {};
  const press = (down: PointerEvent) => {
    const range = area.range();
    if (down.button !== 0 || !down.isPrimary || !range || (down.target as Element).closest('a, button')) return;
    const { left, width } = element.getBoundingClientRect();
    const clamp = (event: PointerEvent) => Math.min(width, Math.max(0, event.clientX - left));
    const start = clamp(down);
    const timeAt = (x: number) => range[0] + (x / width) * (range[1] - range[0]);
    const chosen = (end: number) => between(timeAt(Math.min(start, end)), timeAt(Math.max(start, end)));
    const stretch = document.createElement('div');
    stretch.className = 'drag-stretch';
    const move = (event: PointerEvent) => {
      const end = clamp(event);
      if (!stretch.isConnected) {
        if (Math.abs(end - start) < LEAST_PX) return;
        element.setPointerCapture(down.pointerId);
        element.append(stretch);
        area.hold?.(true);
      }
      stretch.style.left = `${Math.min(start, end)}px`;
      stretch.style.width = `${Math.abs(end - start)}px`;
      stretch.textContent = area.name(chosen(end));
    };
    const end = () => {
      removeEventListener('keydown', giveUpByKey, true);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', release);
      element.removeEventListener('pointercancel', end);
      if (stretch.isConnected) area.hold?.(false);
      stretch.remove();
      giveUp = () => {};
    };
    const release = (event: PointerEvent) => {
      const dragged = stretch.isConnected;
      end();
      if (!dragged) return;
      swallowClick(element);
      area.choose(chosen(clamp(event)));
    };
    const giveUpByKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      end();
    };
    giveUp();
    giveUp = end;
    addEventListener('keydown', giveUpByKey, true);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', release);
    element.addEventListener('pointercancel', end);
  };
  // Not a class: those of a chart change.
  element.dataset.drag = '';
  element.addEventListener('pointerdown', press);
  return () => {
    giveUp();
    delete element.dataset.drag;
    element.removeEventListener('pointerdown', press);
  };
}

/** The click that ends a drag is none. */
function swallowClick(element: HTMLElement): void {
  const swallow = (event: Event) => event.stopPropagation();
  element.addEventListener('click', swallow, { capture: true });
  setTimeout(() => element.removeEventListener('click', swallow, { capture: true }));
}

/** What a chart's drag does on this page: it chooses the page's interval. */
export function useDragArea({ range, hold }: Pick<DragArea, 'range' | 'hold'>): DragArea {
  const stream = useStream();
  const { choose, zone } = useNavigation();
  const latest = useRef({ range, hold, choose, zone });
  latest.current = { range, hold, choose, zone };
  return useRef<DragArea>({
    range: () => latest.current.range(),
    hold: (on) => latest.current.hold?.(on),
    choose: (interval) => latest.current.choose(interval),
    name: (interval) => intervalName(interval, latest.current.zone, stream.now()),
  }).current;
}

/** Lets the reader drag over the element that gets the returned ref. */
export function useDragInterval(
  chart: Pick<DragArea, 'range' | 'hold'>,
): (element: HTMLElement | null) => (() => void) | undefined {
  const area = useDragArea(chart);
  return useCallback((element) => (element ? listenForDrag(element, area) : undefined), [area]);
}
