import { expect, it } from 'vitest';
import { edgeTimes, nearestDot, placeDots, startRange } from './scatter-layout.ts';

const TRACES = [
  { startMs: 1000, durationMs: 1, spans: 1 },
  { startMs: 2000, durationMs: 100, spans: 50 },
];

it('later is further right, longer is further up, all within the box', () => {
  const [a, b] = placeDots(TRACES, startRange(TRACES), 400, 80);
  expect(b?.x).toBeGreaterThan(a?.x ?? 0);
  expect(b?.y).toBeLessThan(a?.y ?? 0);
  for (const dot of [a, b]) {
    expect(dot?.x).toBeGreaterThan(0);
    expect(dot?.y).toBeGreaterThan(0);
    expect(dot?.y).toBeLessThan(80);
  }
});

it('one trace, or several at one time of no length, still have a place', () => {
  expect(placeDots([{ startMs: 5, durationMs: 0, spans: 0 }], [5, 5], 400, 80)).toEqual([{ x: 200, y: 8, radius: 2.5 }]);
  expect(placeDots([], startRange([]), 400, 80)).toEqual([]);
});

it('the nearest dot is found within reach only', () => {
  const dots = placeDots(TRACES, startRange(TRACES), 400, 80);
  expect(nearestDot(dots, (dots[1]?.x ?? 0) + 5, dots[1]?.y ?? 0)).toBe(1);
  expect(nearestDot(dots, 200, 40)).toBe(-1);
});

it('an edge lies a margin beyond the first and the last dot, so that a drag from edge to edge has them all', () => {
  const [fromMs, toMs] = edgeTimes(startRange(TRACES), 400);
  for (const [i, { x = 0 } = {}] of placeDots(TRACES, startRange(TRACES), 400, 80).entries()) {
    expect(fromMs + (x / 400) * (toMs - fromMs)).toBeCloseTo(TRACES[i]?.startMs ?? 0);
  }
});
