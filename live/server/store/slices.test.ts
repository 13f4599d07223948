import { expect, it } from 'vitest';
import { atOnce, GoneError, inSlices, over, type Steps } from './slices.ts';

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
  await inSlices(sumBelow(COUNT), { sliceMs: 0 });
  const inBetween = turns;
  await inSlices(sumBelow(COUNT), { sliceMs: Number.POSITIVE_INFINITY });
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
  await expect(inSlices(fails(), { sliceMs: 0 })).rejects.toThrow('no such row');
});

it('who has a great deal of work holds nobody else up: owners have their slices in turn, however many works one has', async () => {
  const order: string[] = [];
  const work = function* (owner: string, steps: number): Steps<void> {
    for (let i = 0; i < steps; i++) {
      order.push(owner);
      yield;
    }
  };
  const run = (owner: string, steps: number): Promise<void> => inSlices(work(owner, steps), { owner, sliceMs: 0 });
  const much = Array.from({ length: 50 }, () => run('much', 20));
  const little = run('little', 5);
  await little;
  expect(order.filter((one) => one === 'little')).toHaveLength(5);
  // Its own five turns, before each of which the other had one, and the one that came before it.
  expect(order.filter((one) => one === 'much').length).toBeLessThanOrEqual(7);
  await Promise.all(much);
  expect(order).toHaveLength(50 * 20 + 5);
});

it('however many works there are, the event loop goes round after each slice', async () => {
  let rounds = 0;
  let slices = 0;
  let running = true;
  const round = (): void => {
    rounds++;
    if (running) setImmediate(round);
  };
  setImmediate(round);
  const work = function* (): Steps<void> {
    for (let i = 0; i < 10; i++) {
      slices++;
      yield;
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, n) => inSlices(work(), { owner: `owner ${n}`, sliceMs: 0 })));
  running = false;
  expect(slices).toBe(200);
  expect(rounds).toBeGreaterThanOrEqual(195);
});

it('work that nobody waits for any more ends where it is', async () => {
  let steps = 0;
  let ended = false;
  const endless = function* (): Steps<void> {
    try {
      for (;;) {
        steps++;
        yield;
      }
    } finally {
      ended = true;
    }
  };
  await expect(inSlices(endless(), { sliceMs: 0, gone: () => steps >= 10 })).rejects.toThrow(GoneError);
  expect([steps, ended]).toEqual([10, true]);
});
