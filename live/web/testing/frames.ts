import type { Page } from 'playwright-core';

/** Over 30 frames: how many different pictures the first sparkline showed, and how far anything else moved (the sum of layout shifts). */
export function watchFrames(page: Page): Promise<{ frames: number; shift: number }> {
  return page.evaluate(async () => {
    const canvas = document.querySelector<HTMLCanvasElement>('.sparkline canvas');
    let shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: 'layout-shift' });
    const frames = new Set<string | undefined>();
    for (let i = 0; i < 30; i++) {
      await new Promise(requestAnimationFrame);
      frames.add(canvas?.toDataURL());
    }
    return { frames: frames.size, shift };
  });
}
