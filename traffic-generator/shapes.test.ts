import { expect, test } from 'vitest';
import { arrivals, lengthOf, offeredBy, parseDuration, SHAPES, type Shape, stretch } from './shapes.ts';

const even: Shape = { ...SHAPES.steady, startRate: 4, stages: [{ seconds: 2, rate: 4 }] };
const ramp: Shape = { ...even, startRate: 0, stages: [{ seconds: 10, rate: 10 }] };

test('arrivals of an even rate come at even intervals from the first moment', () => {
  expect([...arrivals(even)]).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]);
});

test('a ramp from nothing brings its nth visitor at the root of 2n over its slope', () => {
  const times = [...arrivals(ramp)];
  expect(times).toHaveLength(50);
  for (const [n, time] of times.entries()) expect(time).toBeCloseTo(Math.sqrt(2 * n), 9);
});

test.each(Object.entries(SHAPES))('%s offers the area under its rate, in order and within its length', (_, shape: Shape) => {
  const minutes = stretch(shape, 120);
  const times = [...arrivals(minutes)];
  expect(Math.abs(times.length - offeredBy(minutes))).toBeLessThanOrEqual(1);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(120);
  expect(lengthOf(minutes)).toBeCloseTo(120, 9);
});

test.each(Object.entries(SHAPES))('%s keeps to whole rates, which is all that k6 takes', (_, shape: Shape) => {
  for (const rate of [shape.startRate, ...shape.stages.map((stage) => stage.rate)]) expect(Number.isInteger(rate)).toBe(true);
});

test('durations are read with their units, and nonsense is not', () => {
  expect(['90s', '5m', '2h', '30', '0.5s'].map(parseDuration)).toEqual([90, 300, 7200, 30, 0.5]);
  expect(['', '0s', '-5s', '5 m', '5d', 'soon'].map(parseDuration)).toEqual(Array(6).fill(undefined));
});
