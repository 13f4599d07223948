import { describe, expect, it } from 'vitest';
import { barOf, layoutWaterfall, readZoom, ticks, timeAt, xOf, zoomBy, zoomText } from './waterfall-layout.ts';

const LAYOUT = layoutWaterfall(1000, 20, 120);

describe('the time axis', () => {
  it('maps times to pixels and back', () => {
    expect(xOf(LAYOUT, 20)).toBe(LAYOUT.x0);
    expect(xOf(LAYOUT, 120)).toBe(LAYOUT.x1);
    expect(timeAt(LAYOUT, xOf(LAYOUT, 57.25))).toBeCloseTo(57.25, 9);
  });

  it('has round marks within the stretch', () => {
    expect(ticks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(12.3, 12.9, 3)).toEqual([12.4, 12.6, 12.8]);
    expect(ticks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(ticks(5, 5, 4)).toEqual([]);
  });

  it('gives names their own line on narrow screens', () => {
    expect(layoutWaterfall(390, 0, 1)).toMatchObject({ narrow: true, x0: 8 });
    expect(layoutWaterfall(1000, 0, 1).narrow).toBe(false);
  });
});

describe('bars', () => {
  it('stay within the axis, and visible however short', () => {
    expect(barOf(LAYOUT, 0, 1000)).toEqual({ x: LAYOUT.x0, width: LAYOUT.x1 - LAYOUT.x0 });
    expect(barOf(LAYOUT, 60, 0)?.width).toBe(2);
    expect(barOf(LAYOUT, 120, 0)).toEqual({ x: LAYOUT.x1 - 2, width: 2 });
  });

  it('are not there outside the stretch', () => {
    expect(barOf(LAYOUT, 0, 19)).toBeUndefined();
    expect(barOf(LAYOUT, 121, 5)).toBeUndefined();
  });
});

describe('zoom', () => {
  it('survives the address, and is left out for the whole trace', () => {
    expect(zoomText(12.3456, 80, 100)).toBe('12.346-80');
    expect(readZoom('12.346-80')).toEqual([12.346, 80]);
    expect(zoomText(0, 100, 100)).toBe('');
    expect(zoomText(-5, 101, 100)).toBe('');
  });

  it.each(['', '5', '80-12', 'a-b', '1-1', '-5-9'])('%j is none', (text) => expect(readZoom(text)).toBeUndefined());

  it('keeps the time under the pointer where it is, and stays within the trace', () => {
    expect(zoomBy([0, 100], 0.5, 40, 100)).toEqual([20, 70]);
    expect(zoomBy([0, 20], 2, 0, 100)).toEqual([0, 40]);
    expect(zoomBy([80, 100], 3, 100, 100)).toEqual([40, 100]);
    expect(zoomBy([10, 90], 5, 50, 100)).toEqual([0, 100]);
  });
});
