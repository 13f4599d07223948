import { expect, it } from 'vitest';
import { random } from '../testing/random.ts';
import { idText, idWords, nanosAfter, timeMs, timeNanos } from './values.ts';

const WORD = 2n ** 32n;
const columnOf = (...nanos: bigint[]): Uint32Array =>
  Uint32Array.from(nanos.flatMap((one) => [Number(one % WORD), Number(one / WORD)]));

it('whole milliseconds come out whole', () => {
  const start = 1_800_000_000_000;
  for (let ms = start; ms < start + 2_000; ms++) expect(timeMs(columnOf(BigInt(ms) * 1_000_000n), 0)).toBe(ms);
});

it('other times are the nearest float, and never in another order', () => {
  const next = random(3);
  const nanos = Array.from(
    { length: 2_000 },
    () => BigInt(Math.floor(next() * 2 ** 32)) * 434_000_000n + BigInt(Math.floor(next() * 1e9)),
  );
  nanos.push(...nanos.map((one) => one + 1n), 0n, 2n ** 64n - 1n);
  nanos.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const column = columnOf(...nanos);
  nanos.forEach((one, row) => {
    expect(timeNanos(column, row)).toBe(one.toString());
    const ms = timeMs(column, row);
    // The whole milliseconds are exact, the rest of them rounded once.
    const whole = one / 1_000_000n;
    expect(Math.abs(ms - Number(whole) - Number(one - whole * 1_000_000n) / 1e6)).toBeLessThan(0.000_3 * Math.max(1, ms / 2e12));
    if (row > 0) expect(ms).toBeGreaterThanOrEqual(timeMs(column, row - 1));
  });
});

it('differences are exact to the nanosecond', () => {
  const column = columnOf(1_800_000_000_000_000_001n, 1_800_000_000_000_000_004n, 1_799_999_999_999_999_999n);
  expect(nanosAfter(column, 1, column, 0)).toBe(3);
  expect(nanosAfter(column, 2, column, 0)).toBe(-2);
});

it('ids are read as they are written, and one of zeros is none', () => {
  const id = '00f067aa0ba902b7';
  expect(idText(Uint32Array.from(idWords(id)), 0, 2)).toBe(id);
  expect(idText(new Uint32Array(4), 0, 4)).toBe('');
});
