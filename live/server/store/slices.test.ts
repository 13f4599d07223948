import { expect, it } from 'vitest';
import { atOnce, inSlices, over, type Steps } from './slices.ts';

/** Adds up the numbers below `count`, a step for each part. */
function* sumBelow(count: number): Steps<number> {
  let sum = 0;
  yield* over(count, (from, to) => {
    for (let i = from; i < to; i++) sum += i;
  });
  return sum;
}

const COUNT = 100_000;
const SUM = (COUNT * (COUNT - 1)) / 2;

it('work comes to the same at one go and in slices', async () => {
  expect(atOnce(sumBelow(COUNT))).toBe(SUM);
  expect(await inSlices(sumBelow(COUNT))).toBe(SUM);
  expect(atOnce(sumBelow(0))).toBe(0);
});

it('between slices everything else goes on, within one nothing', async () => {
  let turns = 0;
  let running = true;
  const other = (): void => {
    turns++;
    if (running) setImmediate(other);
  };
  setImmediate(other);
  await inSlices(sumBelow(COUNT), 0);
  const inBetween = turns;
  await inSlices(sumBelow(COUNT), Number.POSITIVE_INFINITY);
  running = false;
  // A slice of no time ends with each of the steps, of which there is one for each few thousand rows.
  expect(inBetween).toBeGreaterThanOrEqual(10);
  expect(turns - inBetween).toBeLessThanOrEqual(1);
});

it('a fault within comes to whoever waits', async () => {
  const fails = function* (): Steps<number> {
    yield;
    throw new RangeError('no such row');
  };
  expect(() => atOnce(fails())).toThrow('no such row');
  await expect(inSlices(fails(), 0)).rejects.toThrow('no such row');
});
