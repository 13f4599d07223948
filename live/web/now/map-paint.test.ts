import { expect, it } from 'vitest';
import { dotsFor, isErrorDot } from './map-paint.ts';

it('an edge without calls has no dots; more calls never show fewer', () => {
  expect(dotsFor(0)).toBe(0);
  expect(dotsFor(0.01)).toBe(1);
  const dots = [0.1, 1, 10, 100, 10_000].map(dotsFor);
  expect(dots).toEqual([...dots].sort((a, b) => a - b));
});

it('over many rounds as many dots are errors as calls failed', () => {
  for (const errorRate of [0, 0.05, 0.5, 1]) {
    let errors = 0;
    for (let round = 0; round < 1000; round++) for (let dot = 0; dot < 4; dot++) if (isErrorDot(dot, round, errorRate)) errors++;
    expect(errors / 4000).toBeCloseTo(errorRate, 1);
  }
});
