/** Numbers of a run: quantiles, and a table of results against goals. */
import { cpus, loadavg } from 'node:os';

export interface Row {
  what: string;
  value: string;
  goal?: string;
  /** Whether the goal is met; undefined where there is none. */
  met?: boolean;
}

/** The smallest value that at least a share `q` of the values does not exceed (nearest rank); NaN without values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
export const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The machine, and how busy it is with whatever else: the means of 1, 5 and 15 minutes. */
export function machine(): string {
  const loads = loadavg().map((one) => one.toFixed(2));
  return `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, load average ${loads.join(' ')}`;
}

/** Prints the rows under a title. */
export function printTable(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ what }) => what.length)) + 2;
  console.log(`\n${title}`);
  for (const { what, value, goal, met } of rows) {
    const verdict = goal === undefined ? '' : `   goal ${goal}: ${met ? 'met' : 'missed'}`;
    console.log(`  ${what.padEnd(width)}${value.padStart(12)}${verdict}`);
  }
}

/** A whole number of seconds from the command line. Ends the process with 2 where it is none, or less than `least`. */
export function secondsArgument(bench: string, otherwise: number, least: number): number {
  const seconds = Number(process.argv[2] ?? otherwise);
  if (Number.isInteger(seconds) && seconds >= least) return seconds;
  console.error(`usage: npm run bench ${bench} [seconds], ${least} at least; got ${process.argv[2]}`);
  process.exit(2);
}
