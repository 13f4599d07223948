/** The interval of time that pages show instead of what is now: as it is chosen, in the address, and in words. */
import { INSTANT_HELP, readInstant } from '../format/instant.ts';
import { duration } from '../format/number.ts';
import { dateTime, type Zone } from '../format/time.ts';

export interface Interval {
  /** Undefined: from the oldest that is held. Whole milliseconds since 1970, as `toMs`. */
  fromMs: number | undefined;
  toMs: number;
}

/** What can be had with one click; `minutes` up to now, undefined for all that is held. */
export const PRESETS = [
  { name: 'Last 1 min', minutes: 1 },
  { name: 'Last 5 min', minutes: 5 },
  { name: 'Last 15 min', minutes: 15 },
  { name: 'Last 1 h', minutes: 60 },
  { name: 'All held', minutes: undefined },
] as const;

export function lastMinutes(minutes: number | undefined, nowMs: number): Interval {
  const toMs = Math.ceil(nowMs);
  return { fromMs: minutes === undefined ? undefined : toMs - minutes * 60_000, toMs };
}

/** The interval of whole milliseconds that holds both moments. */
export function between(fromMs: number | undefined, toMs: number): Interval {
  return { fromMs: fromMs === undefined ? undefined : Math.floor(fromMs), toMs: Math.ceil(toMs) };
}

/** What belongs to something may be a minute early or late: what led to it, and clocks that disagree. */
const AROUND_MS = 60_000;
export const around = (fromMs: number, toMs: number): Interval => between(fromMs - AROUND_MS, toMs + AROUND_MS);

/**
 * Reads both ends as they stand in the address or in fields; nothing at all is no interval: live. An empty end is now, an empty beginning the oldest
 * held. `wrong` is one line for the reader.
 */
export function readInterval(from: string, to: string, nowMs: number, zone: Zone): { interval?: Interval; wrong?: string } {
  if (from.trim() === '' && to.trim() === '') return {};
  const now = Math.ceil(nowMs);
  const read = (text: string, empty: number) => (text.trim() === '' ? empty : readInstant(text, now, zone));
  const fromMs = read(from, Number.NEGATIVE_INFINITY);
  const toMs = read(to, now);
  if (fromMs === undefined) return { wrong: `From "${clip(from)}" is no time: write ${INSTANT_HELP}.` };
  if (toMs === undefined) return { wrong: `To "${clip(to)}" is no time: write ${INSTANT_HELP}.` };
  if (fromMs >= toMs) {
    const name = (ms: number) => dateTime(ms, zone);
    return { wrong: `From ${name(fromMs)} is not before To ${name(toMs)}: write an earlier From or a later To.` };
  }
  return { interval: between(Number.isFinite(fromMs) ? fromMs : undefined, toMs) };
}

const clip = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** Both ends for the address and for the API; '' where there is none. */
export function intervalParams(interval: Interval | undefined): { from: string; to: string } {
  return { from: String(interval?.fromMs ?? ''), to: String(interval?.toMs ?? '') };
}

/** `14:03:07 – 14:08:07`, with milliseconds where it is short, with dates where it is not all of today. */
export function intervalName({ fromMs, toMs }: Interval, zone: Zone, nowMs: number): string {
  const today = dateTime(nowMs, zone).slice(0, 10);
  const short = fromMs !== undefined && toMs - fromMs < 10_000;
  const name = (ms: number) => {
    const text = dateTime(ms, zone).slice(0, short ? 23 : 19);
    return text.startsWith(today) ? text.slice(11) : text;
  };
  return fromMs === undefined ? `up to ${name(toMs)}` : `${name(fromMs)} – ${name(toMs)}`;
}

/** `5 min 0 s`; '' where it has no beginning. */
export function intervalLength({ fromMs, toMs }: Interval): string {
  return fromMs === undefined ? '' : duration(toMs - fromMs);
}

/**
 * What is missing of an interval because it begins before what is held; undefined where nothing is.
 * @param oldestMs arrival of the oldest one held, null where none is
 */
export function missingBefore(
  { fromMs }: Interval,
  { oldestMs, evicted }: { oldestMs: number | null; evicted: number },
  what: string,
  zone: Zone,
): string | undefined {
  if (fromMs === undefined || oldestMs === null || fromMs >= oldestMs) return undefined;
  const since = dateTime(oldestMs, zone).slice(0, 19);
  return evicted > 0
    ? `Partly evicted: the oldest ${what} held came at ${since}, and what came before made room.`
    : `No ${what} came before ${since}.`;
}
