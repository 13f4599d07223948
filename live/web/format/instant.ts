/** Moments as people write them. */
import { wallClockMs, type Zone } from './time.ts';

/** What may be written, in one line for a reader who wrote something else. */
export const INSTANT_HELP = '14:03, 2026-11-02 14:03:07.250, an ISO time, ms since 1970, or -10m for ten minutes ago';

/** Milliseconds of what a span of time is written in. */
const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const DAY_MS = 86_400_000;

/** Numbers below are seconds since 1970, milliseconds, microseconds; above nanoseconds: any of them says a moment of our days. */
const SECONDS_BELOW = 1e11;
const MILLIS_BELOW = 1e14;
const MICROS_BELOW = 1e17;

const RELATIVE = /^(?:now)?\s*-\s*((?:\d+(?:\.\d+)?\s*(?:ms|min|s|m|h|d)\s*)+)$/;
const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`;
const TIME_ALONE = new RegExp(`^${CLOCK}$`);
const DATE = new RegExp(String.raw`^(\d{4})-(\d{2})-(\d{2})(?:[T ]\s*${CLOCK})?\s*(Z|[+-]\d{2}:?\d{2})?$`, 'i');

/**
 * Milliseconds since 1970; undefined where the text says no moment. A time without a zone is of `zone`, one without a date is the latest such time
 * that is not after now.
 * @param nowMs what `now` and `-10m` count from
 */
export function readInstant(text: string, nowMs: number, zone: Zone): number | undefined {
  const written = text.trim();
  if (written === 'now') return nowMs;
  if (/^\d+(\.\d+)?$/.test(written)) return fromNumber(Number(written));
  const relative = RELATIVE.exec(written)?.[1];
  if (relative) return nowMs - spanMs(relative);
  const time = TIME_ALONE.exec(written);
  if (time) return latest(clockMs(time.slice(1)), nowMs, zone);
  const date = DATE.exec(written);
  return date ? onDate(date, zone) : undefined;
}

function fromNumber(value: number): number {
  if (value < SECONDS_BELOW) return value * 1000;
  if (value < MILLIS_BELOW) return value;
  return value < MICROS_BELOW ? value / 1000 : value / 1e6;
}

function spanMs(text: string): number {
  const parts = text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** Milliseconds since midnight; undefined where no clock shows it. */
function clockMs([hour = '0', minute = '0', second = '0', fraction = '0']: (string | undefined)[]): number | undefined {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(`0.${fraction}`) * 1000;
}

function latest(clock: number | undefined, nowMs: number, zone: Zone): number | undefined {
  if (clock === undefined) return undefined;
  const today = Math.floor(wallClockMs(nowMs, zone) / DAY_MS) * DAY_MS;
  const candidate = atWallClock(today + clock, zone);
  return candidate <= nowMs ? candidate : atWallClock(today - DAY_MS + clock, zone);
}

function onDate([, year, month, day, ...rest]: RegExpExecArray, zone: Zone): number | undefined {
  const [date, clock] = [Date.UTC(Number(year), Number(month) - 1, Number(day)), clockMs(rest.slice(0, 4))];
  const real = new Date(date).toISOString().startsWith(`${year}-${month}-${day}`);
  if (!real || clock === undefined) return undefined;
  const offset = rest[4]?.toUpperCase();
  if (offset === undefined) return atWallClock(date + clock, zone);
  return date + clock - (offset === 'Z' ? 0 : offsetMs(offset));
}

function offsetMs(offset: string): number {
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  return (offset[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** The moment at which clocks of a zone show `wallMs` (as if it were UTC); where they show it twice or never, one close by. */
function atWallClock(wallMs: number, zone: Zone): number {
  const guess = wallMs - (wallClockMs(wallMs, zone) - wallMs);
  return guess - (wallClockMs(guess, zone) - wallMs);
}
