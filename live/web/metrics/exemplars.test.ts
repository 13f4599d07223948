import { expect, it } from 'vitest';
import { thinExemplars } from './exemplars.ts';

const at = (timeMs: number, value: number) => ({ timeMs, value, traceId: 'a', spanId: 'b' });

it('keeps the highest of each stretch, in the order of time, and none from outside', () => {
  const all = [at(95, 2), at(5, 1), at(6, 9), at(94, 3), at(50, 4), at(-1, 99), at(101, 99)];
  expect(thinExemplars(all, 0, 100, 10)).toEqual([at(6, 9), at(50, 4), at(94, 3)]);
});
