import { expect, it } from 'vitest';
import { atOnce, type Steps } from '../store/slices.ts';
import { random } from '../testing/random.ts';
import { JsonBytes } from './json-bytes.ts';

const written = (write: (json: JsonBytes) => Steps<void>): unknown => {
  const json = new JsonBytes(8);
  atOnce(write(json));
  return JSON.parse(json.result().toString());
};

it('writes integers as they are', () => {
  const all = [0, 1, -1, -2, 9, 10, 99, 100, 123_456_789, 2 ** 31 - 1, -(2 ** 31)];
  expect(written((json) => json.integers(Int32Array.from(all)))).toEqual(all);
  expect(written((json) => json.integers(new Uint8Array(0)))).toEqual([]);
});

it('writes nanoseconds as the milliseconds that a division of floats would give', () => {
  const next = random(11);
  const nanos = [0, 1, -1, 999_999, 1_000_000, 1_000_001, 1_500_000, 0.5, -2.5, 5_020_000_000, Number.MAX_SAFE_INTEGER, 2 ** 60];
  for (let i = 0; i < 20_000; i++) nanos.push(Math.round((next() - 0.3) * 10 ** Math.floor(next() * 16)));
  expect(written((json) => json.milliseconds(Float64Array.from(nanos)))).toEqual(nanos.map((one) => one / 1e6 + 0));
});

it('writes ids in hexadecimal, their bytes in the order of memory', () => {
  const bytes = Buffer.from('00f067aa0ba902b7ffffffffffffff01', 'hex');
  const words = Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32LE(i * 4));
  expect(written((json) => json.ids(words))).toEqual(['00f067aa0ba902b7', 'ffffffffffffff01']);
});

it('keeps text beyond ASCII, and grows with what is written', () => {
  const json = new JsonBytes(8);
  const text = JSON.stringify({ name: 'Gießkanne ☂ 🛒'.repeat(1_000) });
  json.text(text);
  expect(json.result().toString()).toBe(text);
});
