import { expect, it } from 'vitest';
import { binLines, sum } from './log-bins.ts';

const line = (timeMs: number, level = 'info', lost = 0) => ({ timeMs, level, lost });

it('counts lines by when they were and how bad, each once, the ends included', () => {
  const lines = [line(0), line(9.9, 'warn'), line(10, 'error'), line(20, 'fatal'), line(20)];
  const bins = binLines(lines, 0, 20, 2);
  expect([...bins.all]).toEqual([2, 3]);
  expect([...bins.warnings]).toEqual([1, 0]);
  expect([...bins.errors]).toEqual([0, 2]);
  expect(sum(bins.all)).toBe(5);
});

it('leaves out what is outside of the time, and gaps, which are no lines', () => {
  expect(sum(binLines([line(-1), line(21), line(5, '', 7)], 0, 20, 2).all)).toBe(0);
});

it('has room for lines of one moment', () => {
  expect([...binLines([line(5), line(5)], 5, 5, 3).all]).toEqual([2, 0, 0]);
});
