/** Where an edge's numbers go: on the edge, but never over a node or over other numbers. */
import { type Cubic, pointAt } from './curve.ts';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const LABEL_HEIGHT = 16;
const PLACES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];
/** Beside the edge where there is no room on it: above or below a node's height. */
const ASIDE = [0, -34, 34];

/** Centre of a box of `width` that touches none of `taken` and stays within `bounds`; undefined where there is no such place. */
export function placeLabel(
  curve: readonly Cubic[],
  width: number,
  taken: readonly Box[],
  bounds: Box,
): { x: number; y: number; box: Box } | undefined {
  for (const aside of ASIDE) {
    for (const place of PLACES) {
      const [x, middle] = pointAt(curve, place);
      const y = middle + aside;
      const box = { left: x - width / 2, right: x + width / 2, top: y - LABEL_HEIGHT / 2, bottom: y + LABEL_HEIGHT / 2 };
      const inside = box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom;
      if (inside && !taken.some((other) => overlap(box, other))) return { x, y, box };
    }
  }
  return undefined;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
