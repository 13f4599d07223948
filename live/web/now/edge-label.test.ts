import { expect, it } from 'vitest';
import { cubics } from './curve.ts';
import { placeLabel } from './edge-label.ts';

const BOUNDS = { left: 0, top: 0, right: 400, bottom: 200 };
const LONG = cubics([50, 100, 350, 100], false);

it('is on the middle of a free edge', () => {
  expect(placeLabel(LONG, 80, [], BOUNDS)).toMatchObject({ x: 200, y: 100 });
});

it('moves along the edge, away from what is there', () => {
  const node = { left: 150, right: 250, top: 80, bottom: 120 };
  const label = placeLabel(LONG, 40, [node], BOUNDS);
  expect(label?.y).toBeCloseTo(100);
  expect(label && (label.box.right <= node.left || label.box.left >= node.right)).toBe(true);
});

it('goes beside an edge that is shorter than it, and is left out where there is no room at all', () => {
  const short = cubics([190, 100, 210, 100], false);
  const nodes = [
    { left: 90, right: 190, top: 78, bottom: 122 },
    { left: 210, right: 310, top: 78, bottom: 122 },
  ];
  expect(Math.abs((placeLabel(short, 80, nodes, BOUNDS)?.y ?? 100) - 100)).toBe(34);
  expect(placeLabel(short, 80, nodes, { ...BOUNDS, top: 78, bottom: 122 })).toBeUndefined();
});
