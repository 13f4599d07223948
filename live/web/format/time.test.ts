import { describe, expect, it } from 'vitest';
import { age, clockTime, dateTime, isZone, zoneName } from './time.ts';

const INSTANT = Date.UTC(2026, 2, 29, 0, 59, 59, 250);

describe('clock times', () => {
  it('show the same instant in UTC and in an IANA zone', () => {
    expect(dateTime(INSTANT, 'utc')).toBe('2026-03-29 00:59:59.250');
    expect(dateTime(INSTANT, 'Asia/Kathmandu')).toBe('2026-03-29 06:44:59.250');
  });

  it('cross into summer time where the zone does', () => {
    expect(clockTime(INSTANT, 'Europe/Berlin')).toBe('01:59:59.250');
    expect(clockTime(INSTANT + 1000, 'Europe/Berlin')).toBe('03:00:00.250');
  });

  it('write midnight as 00, not 24', () => {
    expect(clockTime(Date.UTC(2026, 0, 1), 'utc')).toBe('00:00:00.000');
  });

  it('do not lose a millisecond to the precision of doubles', () => {
    expect(clockTime(1795174191969.9998, 'utc')).toBe('11:29:51.970');
  });

  it('keep whole milliseconds of instants before 1970', () => {
    expect(clockTime(-1, 'utc')).toBe('23:59:59.999');
  });

  it('know zones from nonsense', () => {
    expect(isZone('America/Sao_Paulo')).toBe(true);
    expect(isZone('local')).toBe(true);
    expect(isZone('Mars/Olympus')).toBe(false);
    expect(zoneName('utc')).toBe('UTC');
  });
});

describe('age', () => {
  it.each([
    [300, 'now'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [7_200_000, '2 h ago'],
    [200_000_000, '2 d ago'],
  ])('of %d ms is "%s"', (ms, text) => expect(age(0, ms)).toBe(text));
});
