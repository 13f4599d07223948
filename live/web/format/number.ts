/** Numbers with a unit, in at most three significant digits: what fits a tile and is read at a glance. */

/** What stands where nothing was measured. */
const NOTHING = '–';

/** `340 µs`, `1.23 ms`, `12.3 s`, `2 min 3 s`; `ms` is milliseconds. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING;
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms === 0) return '0 ms';
  if (ms < 0.9995) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 999.5) return `${three(ms)} ms`;
  if (ms < 59_950) return `${three(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `0`, `0.25`, `12.3`, `1.23k`, `45.6M`. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size < 999.5) return three(value);
  if (size < 999_500) return `${three(value / 1e3)}k`;
  if (size < 999_500_000) return `${three(value / 1e6)}M`;
  return `${three(value / 1e9)}G`;
}

/** Exact, with thin groups: `1 234 567`. */
export function exact(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** `1 span`, `12 spans`. */
export function counted(value: number, one: string): string {
  return `${exact(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** `12.3 MB`, powers of 1000. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (value < 1000) return `${Math.round(value)} B`;
  return `${compact(value).replace(/([kMG])$/, ' $1')}B`;
}

/** A share of 0 to 1 as `2.5%`; a share that is not zero never reads as `0%`, one below 1 never as `100%`. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NOTHING;
  if (share > 0 && share < 0.001) return '<0.1%';
  if (share > 0.999 && share < 1) return '>99.9%';
  return `${Number((share * 100).toFixed(share < 0.0995 ? 1 : 0))}%`;
}

/** A metric's value with its UCUM unit: seconds and bytes are scaled, `{request}`-like annotations and `1` are left out. */
export function withUnit(value: number | null | undefined, unit: string): string {
  if (unit === 's') return duration(value === null || value === undefined ? value : value * 1000);
  if (unit === 'ms') return duration(value);
  if (unit === 'By') return bytes(value);
  const text = compact(value);
  return text === NOTHING || unit === '' || unit === '1' || unit.startsWith('{') ? text : `${text} ${unit}`;
}

function three(value: number): string {
  return String(Number(value.toPrecision(3)));
}
