/**
 * Room format: numbers, times and moments as people read and write them.
 *
 * Clock times in the reader's zone. Every instant is milliseconds since 1970, with fractions.
 */

/** Doubles hold today's milliseconds to a quarter of a microsecond: what is that close to the next millisecond is meant to be it. */
const PRECISION_MS = 0.0005;

/** `local`, `utc`, or an IANA name such as `Europe/Berlin`. */
export type Zone = string;

const SYNONYMS: Record<string, string | undefined> = { local: undefined, utc: 'UTC' };
const formats = new Map<Zone, Intl.DateTimeFormat>();

/** True for `local`, `utc` and every zone this browser knows. */
export function isZone(text: string): boolean {
  try {
    formatFor(text);
    return true;
  } catch {
    return false;
  }
}

/** The IANA name behind a zone: `local` -> `Europe/Berlin`. */
export function zoneName(zone: Zone): string {
  return formatFor(zone).resolvedOptions().timeZone;
}

/** `14:03:07.250` */
export function clockTime(ms: number, zone: Zone): string {
  const { hour, minute, second } = parts(ms, zone);
  return `${hour}:${minute}:${second}.${milliseconds(ms)}`;
}

/** `2026-11-02 14:03:07.250` */
export function dateTime(ms: number, zone: Zone): string {
  const { year, month, day } = parts(ms, zone);
  return `${year}-${month}-${day} ${clockTime(ms, zone)}`;
}

/** What the clocks of a zone show at a moment, as if it were UTC. */
export function wallClockMs(ms: number, zone: Zone): number {
  const { year, month, day, hour, minute, second } = parts(ms, zone);
  const whole = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return whole + (((ms % 1000) + 1000) % 1000);
}

/** How long ago, in one unit: `now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`. */
export function age(ms: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - ms) / 1000);
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

function milliseconds(ms: number): string {
  return String(((Math.floor(ms + PRECISION_MS) % 1000) + 1000) % 1000).padStart(3, '0');
}

function parts(ms: number, zone: Zone): Record<string, string> {
  return Object.fromEntries(
    formatFor(zone)
      .formatToParts(Math.floor(ms + PRECISION_MS))
      .map(({ type, value }) => [type, value]),
  );
}

function formatFor(zone: Zone): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone in SYNONYMS ? SYNONYMS[zone] : zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}
