/** How an error budget is watched: multi-window, multi-burn-rate alerts (Google, The Site Reliability Workbook, chapter 5, "Alerting on SLOs"). */

/** The windows over which error ratios are recorded; the last is the promise's period. */
export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d', '30d'] as const;
export type Window = (typeof WINDOWS)[number];

export type Severity = 'page' | 'ticket';

export interface Burn {
  severity: Severity;
  /** How many times faster than allowed the budget is used up: at 1 it lasts for exactly its 30 days. */
  factor: number;
  /** The window that decides that it matters. */
  long: Window;
  /** The window, a twelfth as long, that decides that it still goes on: it ends the alert soon after the cause ended. */
  short: Window;
}

/** The workbook's table 5-8. In order: 2 % of the budget in an hour, 5 % in six hours, 10 % in a day, 10 % in three days. */
export const BURNS: readonly Burn[] = [
  { severity: 'page', factor: 14.4, long: '1h', short: '5m' },
  { severity: 'page', factor: 6, long: '6h', short: '30m' },
  { severity: 'ticket', factor: 3, long: '1d', short: '2h' },
  { severity: 'ticket', factor: 1, long: '3d', short: '6h' },
];

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Prometheus's notation of a duration in seconds, e.g. 90 for `90s`. */
export function seconds(duration: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (!count || !unit) throw new Error(`"${duration}" is no duration; write one number and s, m, h or d, e.g. 5m`);
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}
