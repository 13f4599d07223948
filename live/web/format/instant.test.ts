import { describe, expect, it } from 'vitest';
import { readInstant } from './instant.ts';

/** 14:05:07.500 in Berlin. */
const NOW = Date.parse('2026-11-02T13:05:07.500Z');
const BERLIN = 'Europe/Berlin';
const read = (text: string, zone = BERLIN): string | undefined => {
  const ms = readInstant(text, NOW, zone);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('a written moment', () => {
  it.each([
    ['now', '2026-11-02T13:05:07.500Z'],
    ['-10m', '2026-11-02T12:55:07.500Z'],
    ['now-10m', '2026-11-02T12:55:07.500Z'],
    [' - 1h 30min ', '2026-11-02T11:35:07.500Z'],
    ['-1.5s', '2026-11-02T13:05:06.000Z'],
    ['-250ms', '2026-11-02T13:05:07.250Z'],
    ['-2d', '2026-10-31T13:05:07.500Z'],
  ])('counts from now: %s', (text, at) => expect(read(text)).toBe(at));

  it.each([
    ['2026-11-02T13:00:00Z', '2026-11-02T13:00:00.000Z'],
    ['2026-11-02T13:00:00.1234567Z', '2026-11-02T13:00:00.123Z'],
    ['2026-11-02 13:00+05:45', '2026-11-02T07:15:00.000Z'],
    ['2026-11-02T13:00-0330', '2026-11-02T16:30:00.000Z'],
    ['2026-11-02 13:00:07,250', '2026-11-02T12:00:07.250Z'],
    ['2026-11-02', '2026-11-01T23:00:00.000Z'],
    ['2026-07-01 12:00', '2026-07-01T10:00:00.000Z'],
  ])('is of the zone shown unless it names one: %s', (text, at) => expect(read(text)).toBe(at));

  it('without a date is the latest such time', () => {
    expect(read('14:05')).toBe('2026-11-02T13:05:00.000Z');
    expect(read('14:06')).toBe('2026-11-01T13:06:00.000Z');
    expect(read('14:05:07.499')).toBe('2026-11-02T13:05:07.499Z');
    expect(read('23:30', 'utc')).toBe('2026-11-01T23:30:00.000Z');
  });

  it('stands for a time that the clocks of its zone show, around the change to winter and to summer too', () => {
    expect(read('2026-10-25 01:30')).toBe('2026-10-24T23:30:00.000Z');
    expect(read('2026-10-25 03:30')).toBe('2026-10-25T02:30:00.000Z');
    expect(read('2026-03-29 03:30')).toBe('2026-03-29T01:30:00.000Z');
    expect(read('2026-03-29 02:30')).toMatch(/^2026-03-29T0[01]:30/);
  });

  it('may be a number of seconds, milliseconds, microseconds or nanoseconds, as it is copied from elsewhere', () => {
    const ms = NOW;
    for (const text of [`${ms / 1000}`, `${ms}`, `${ms}000`, `${ms}000000`])
      expect(read(text), text).toBe('2026-11-02T13:05:07.500Z');
  });

  it.each(['', 'soon', '-10', '10m', '25:00', '14:60', '2026-02-30', '2026-13-01', '2026-11-02T', '-m', '1e3', '-5 weeks'])(
    'is none: "%s"',
    (text) => expect(read(text)).toBeUndefined(),
  );
});
