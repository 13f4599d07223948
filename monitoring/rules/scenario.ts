/** A series of a test: a counter is told by its increase per second, a gauge by its value. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  kind: 'counter' | 'gauge';
  /** How it goes, stretch after stretch. */
  course: readonly Stretch[];
}

/** For so many minutes a rate (counter) or a value (gauge); `absent`: there are no samples. */
export type Stretch = readonly [minutes: number, value: number | 'absent'];

/** What happens, and at which minutes the alert must be firing, and must not. */
export interface Scenario {
  name: string;
  series: Series[];
  firing: readonly number[];
  quiet: readonly number[];
  /** The labels of the alerts that fire, beside its name and severity. */
  labels: Record<string, string>;
}

export const counter = (name: string, labels: Record<string, string>, ...course: Stretch[]): Series => ({
  name,
  labels,
  kind: 'counter',
  course,
});

export const gauge = (name: string, labels: Record<string, string>, ...course: Stretch[]): Series => ({
  name,
  labels,
  kind: 'gauge',
  course,
});

/** Seconds between two samples in the tests. */
export const STEP = 15;

/** A series in promtool's notation, with a sample every `step` seconds; after `resetAt` minutes the counter starts again at 0. */
export function promtoolSeries(
  { name, labels, kind, course }: Series,
  { step = STEP, resetAt }: { step?: number; resetAt?: number | undefined } = {},
): { series: string; values: string } {
  const matchers = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let minute = 0;
  let total = 0;
  const values = course.flatMap((stretch) => {
    const parts = resetAt === undefined ? [stretch] : cut(stretch, resetAt - minute);
    return parts.map(([minutes, value]) => {
      if (minute === resetAt) total = 0;
      minute += minutes;
      const samples = (minutes * 60) / step;
      if (value === 'absent') return `_x${samples}`;
      if (kind === 'gauge') return `${value}x${samples - 1}`;
      const from = total;
      total += value * step * samples;
      return `${rounded(from)}+${rounded(value * step)}x${samples - 1}`;
    });
  });
  return { series: `${name}{${matchers.join(', ')}}`, values: values.join(' ') };
}

/** Without the noise of floating point. */
const rounded = (value: number) => Number(value.toPrecision(12));

/** A stretch in two where minute `at` of it falls inside. */
function cut([minutes, value]: Stretch, at: number): Stretch[] {
  return at > 0 && at < minutes
    ? [
        [at, value],
        [minutes - at, value],
      ]
    : [[minutes, value]];
}
