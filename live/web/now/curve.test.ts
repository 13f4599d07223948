import { expect, it } from 'vitest';
import { cubics, pointAt } from './curve.ts';

it('runs through all its points', () => {
  const curve = cubics([0, 0, 100, 50, 200, 0], false);
  expect(curve).toHaveLength(2);
  expect(pointAt(curve, 0)).toEqual([0, 0]);
  expect(pointAt(curve, 0.5)).toEqual([100, 50]);
  expect(pointAt(curve, 1)).toEqual([200, 0]);
  expect(pointAt(curve, 7)).toEqual([200, 0]);
});

it('leaves its points along the direction of the flow', () => {
  const [, y] = pointAt(cubics([0, 0, 100, 100], false), 0.1);
  const [x] = pointAt(cubics([0, 0, 100, 100], true), 0.1);
  expect(y).toBeLessThan(3);
  expect(x).toBeLessThan(3);
});

it('is nowhere without points', () => expect(pointAt(cubics([], false), 0.5)).toEqual([0, 0]));
