import { describe, expect, it } from 'vitest';
import { bytes, compact, counted, duration, exact, percent, withUnit } from './number.ts';

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.0004, '1 µs'],
    [0.34, '340 µs'],
    [0.9999, '1 ms'],
    [12.345, '12.3 ms'],
    [999.7, '1 s'],
    [59_949, '59.9 s'],
    [59_990, '1 min 0 s'],
    [3_599_600, '1 h 0 min'],
    [-5, '-5 ms'],
    [Number.NaN, '–'],
  ])('%d ms reads "%s"', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('counts', () => {
  it.each([
    [0, '0'],
    [0.251, '0.251'],
    [999.6, '1k'],
    [123_456, '123k'],
    [1_500_000, '1.5M'],
    [-2_000, '-2k'],
  ])('%d reads "%s"', (value, text) => expect(compact(value)).toBe(text));

  it('are exact where a ledger needs it', () => expect(exact(1_234_567)).toBe('1\u2009234\u2009567'));
});

it('one is not many', () => {
  expect([0, 1, 2].map((n) => counted(n, 'span'))).toEqual(['0 spans', '1 span', '2 spans']);
});

describe('shares', () => {
  it('never hide the only error, nor the only success', () => {
    expect(percent(0)).toBe('0%');
    expect(percent(0.0001)).toBe('<0.1%');
    expect(percent(0.9999)).toBe('>99.9%');
    expect(percent(0.025)).toBe('2.5%');
    expect(percent(1)).toBe('100%');
  });
});

describe('units', () => {
  it('scale seconds and bytes, keep others, drop annotations', () => {
    expect(withUnit(0.25, 's')).toBe('250 ms');
    expect(withUnit(1_500_000, 'By')).toBe('1.5 MB');
    expect(withUnit(3, '{request}')).toBe('3');
    expect(withUnit(3, 'Cel')).toBe('3 Cel');
    expect(bytes(999)).toBe('999 B');
    expect(withUnit(null, 's')).toBe('–');
  });
});
