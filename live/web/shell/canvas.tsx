/** A canvas as large as its box and as sharp as the screen. */
import { useCallback, useEffect, useRef } from 'react';
import { useDraw } from '../stream/hooks.ts';
import { colors, onPalette, type Palette } from './theme.ts';

/** Draws into a cleared box of `width` x `height` CSS pixels. */
export type Painter = (context: CanvasRenderingContext2D, width: number, height: number, palette: Palette, nowMs: number) => void;

interface CanvasProps {
  /** What a screen reader says; '' hides the canvas from it: then the same is in the page's text. */
  label: string;
  className?: string;
  paint: Painter;
  /** Draw with each frame of the screen, or only when `paint` changes. */
  live?: boolean;
}

export function Canvas({ label, className, paint, live = false }: CanvasProps) {
  const element = useRef<HTMLCanvasElement>(null);
  const size = useRef({ width: 0, height: 0, ratio: 1 });
  // What is scrolled out of sight is not drawn: of five hundred services a dozen are seen.
  const inSight = useRef(false);
  const latest = useRef(paint);
  latest.current = paint;

  const draw = useCallback((nowMs: number) => {
    const canvas = element.current;
    const context = canvas?.getContext('2d');
    const { width, height, ratio } = size.current;
    if (!canvas || !context || width === 0 || height === 0) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    latest.current(context, width, height, colors(), nowMs);
  }, []);

  useEffect(() => {
    const canvas = element.current;
    if (!canvas) return;
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.contentRect;
      if (!box) return;
      const ratio = devicePixelRatio || 1;
      size.current = { width: box.width, height: box.height, ratio };
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
      draw(Date.now());
    });
    observer.observe(canvas);
    const sight = new IntersectionObserver((entries) => {
      inSight.current = entries.at(-1)?.isIntersecting ?? false;
    });
    sight.observe(canvas);
    const stop = onPalette(() => draw(Date.now()));
    return () => {
      observer.disconnect();
      sight.disconnect();
      stop();
    };
  }, [draw]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new painter has something new to show
  useEffect(() => {
    if (!live) draw(Date.now());
  }, [draw, live, paint]);
  useDraw((nowMs) => {
    if (live && inSight.current) draw(nowMs);
  });

  return (
    <canvas
      ref={element}
      className={className}
      role={label ? 'img' : undefined}
      aria-label={label || undefined}
      aria-hidden={!label}
    />
  );
}
