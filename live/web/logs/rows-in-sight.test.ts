import { expect, it } from 'vitest';
import { rowsInSight } from './rows-in-sight.ts';

it('are bounded by the sight, not by the number of lines', () => {
  expect(rowsInSight(22_000, 440, 22, 1_000_000)).toEqual({ from: 990, to: 1030 });
});

it('never leave the list', () => {
  expect(rowsInSight(0, 440, 22, 5)).toEqual({ from: 0, to: 5 });
  expect(rowsInSight(99_999, 440, 22, 5)).toEqual({ from: 5, to: 5 });
  expect(rowsInSight(0, 440, 22, 0)).toEqual({ from: 0, to: 0 });
});
