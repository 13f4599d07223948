import { expect, it } from 'vitest';
import { held, push, quantile, ring, shareWithin } from './timings.ts';

it('a ring keeps the newest values in their order', () => {
  const three = ring(3);
  for (const value of [1, 2]) push(three, value);
  expect([...held(three)]).toEqual([1, 2]);
  for (const value of [3, 4, 5]) push(three, value);
  expect([...held(three)]).toEqual([3, 4, 5]);
});

it('quantiles are values that occurred, by nearest rank', () => {
  const values = Float64Array.from([50, 20, 40, 30, 10]);
  expect(quantile(values, 0.5)).toBe(30);
  expect(quantile(values, 0.99)).toBe(50);
  expect(quantile(values, 0)).toBe(10);
  expect(quantile(new Float64Array(0), 0.5)).toBeNaN();
});

it('the share within a limit counts the limit itself', () => {
  expect(shareWithin(Float64Array.from([16, 20, 33, 17]), 20)).toBe(0.75);
  expect(shareWithin(new Float64Array(0), 20)).toBeNaN();
});
