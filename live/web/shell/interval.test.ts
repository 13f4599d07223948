import { describe, expect, it } from 'vitest';
import { around, between, intervalName, intervalParams, lastMinutes, missingBefore, PRESETS, readInterval } from './interval.ts';

const NOW = Date.parse('2026-11-02T13:05:07.500Z');
const read = (from: string, to: string) => readInterval(from, to, NOW, 'utc');

describe('an interval', () => {
  it('is read from two moments in any form', () => {
    expect(read('-10m', 'now')).toEqual({ interval: { fromMs: NOW - 600_000, toMs: NOW } });
    expect(read(String(NOW - 5), String(NOW))).toEqual({ interval: { fromMs: NOW - 5, toMs: NOW } });
    expect(read('13:00', '13:01')).toEqual({ interval: { fromMs: NOW - 307_500, toMs: NOW - 247_500 } });
  });

  it('without an end is up to now, without a beginning all that is held, without both none', () => {
    expect(read('-1m', ' ')).toEqual({ interval: { fromMs: NOW - 60_000, toMs: NOW } });
    expect(read('', '-1m')).toEqual({ interval: { fromMs: undefined, toMs: NOW - 60_000 } });
    expect(read(' ', '')).toEqual({});
  });

  it('says in one line which end is wrong, and what may be written', () => {
    expect(read('yesterday', '').wrong).toMatch(/^From "yesterday" is no time: write 14:03, .* -10m for ten minutes ago\.$/);
    expect(read('-1m', '7 pm').wrong).toMatch(/^To "7 pm" is no time/);
    expect(read('-1m', '-2m').wrong).toBe(
      'From 2026-11-02 13:04:07.500 is not before To 2026-11-02 13:03:07.500: write an earlier From or a later To.',
    );
    expect(read('x'.repeat(999), '').wrong?.length).toBeLessThan(200);
  });

  it('is the same after being written to the address and read again', () => {
    for (const interval of [...PRESETS.map(({ minutes }) => lastMinutes(minutes, NOW)), between(NOW - 3.7, NOW + 0.2)]) {
      const { from, to } = intervalParams(interval);
      expect(read(from, to)).toEqual({ interval });
    }
    expect(intervalParams(undefined)).toEqual({ from: '', to: '' });
  });

  it('is named as short as it can be', () => {
    const name = (fromMs: number | undefined, toMs: number) => intervalName({ fromMs, toMs }, 'utc', NOW);
    expect(name(NOW - 600_000, NOW)).toBe('12:55:07 – 13:05:07');
    expect(name(NOW - 900, NOW)).toBe('13:05:06.600 – 13:05:07.500');
    expect(name(NOW - 86_400_000, NOW)).toBe('2026-11-01 13:05:07 – 13:05:07');
    expect(name(undefined, NOW)).toBe('up to 13:05:07');
  });

  it('around something reaches a minute further on both sides', () => {
    expect(around(NOW + 0.25, NOW + 0.5)).toEqual({ fromMs: NOW - 60_000, toMs: NOW + 60_001 });
  });

  it('says what is missing of it where it begins before what is held', () => {
    const interval = { fromMs: NOW, toMs: NOW + 1 };
    const missing = (oldestMs: number | null, evicted: number) => missingBefore(interval, { oldestMs, evicted }, 'span', 'utc');
    expect(missing(NOW + 1000, 5)).toBe(
      'Partly evicted: the oldest span held came at 2026-11-02 13:05:08, and what came before made room.',
    );
    expect(missing(NOW + 1000, 0)).toBe('No span came before 2026-11-02 13:05:08.');
    expect(missing(NOW - 1, 5)).toBeUndefined();
    expect(missing(null, 0)).toBeUndefined();
  });
});
