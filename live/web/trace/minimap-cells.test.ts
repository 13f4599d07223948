import { expect, it } from 'vitest';
import { ERROR, eachStretch, minimapCells } from './minimap-cells.ts';
import { type SpanRow, waterfallOf } from './testing.ts';
import { buildTrace } from './trace-model.ts';

const drawn = (rows: readonly SpanRow[], width: number, lines: number) => {
  const stretches: [cell: number, x: number, line: number, length: number][] = [];
  eachStretch(minimapCells(buildTrace(waterfallOf(rows)), [0, 1], width, lines), width, (...one) => stretches.push(one));
  return stretches;
};

it('draws each row in the line that stands for it, the later ones over the earlier', () => {
  const rows: SpanRow[] = [
    ['a', -1, 0, 100, 'a'],
    ['b', 0, 20, 30, 'b'],
    ['c', 0, 50, 10, 'a'],
    ['d', 0, 95, 5, 'b'],
  ];
  expect(drawn(rows, 10, 2)).toEqual([
    [1, 0, 0, 2],
    [2, 2, 0, 3],
    [1, 5, 0, 5],
    [1, 5, 1, 1],
    [2, 9, 1, 1],
  ]);
});

it('shows errors over what comes after them, and every span however short', () => {
  const rows: SpanRow[] = [
    ['a', -1, 0, 100, 'a'],
    ['b', 0, 40, 0, 'b', 'fails', 2],
    ['c', 0, 30, 30, 'b'],
    ['d', 0, 100, 0, 'b'],
  ];
  expect(drawn(rows, 10, 1)).toEqual([
    [1, 0, 0, 3],
    [2, 3, 0, 1],
    [ERROR, 4, 0, 1],
    [2, 5, 0, 1],
    [1, 6, 0, 3],
    [2, 9, 0, 1],
  ]);
});

it('draws no more than its pixels, however many rows there are', () => {
  const rows = Array.from({ length: 20_000 }, (_, i): SpanRow => [i.toString(16), i - 1, i, 3, i % 2 === 0 ? 'a' : 'b']);
  expect(drawn(rows, 40, 8).length).toBeLessThanOrEqual(40 * 8);
});
