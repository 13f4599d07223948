import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { FAILED, rateOver, SERVED, sum, upTo } from '../names/promql.ts';
import type { Slo } from '../slos.ts';

/** Names of the recorded series, as sloth (sloth.dev) has them: dashboards and tools made for sloth's work on them. */
export const SLO_SERIES = {
  errorRatio: (window: string) => `slo:sli_error:ratio_rate${window}`,
  objective: 'slo:objective:ratio',
  budget: 'slo:error_budget:ratio',
  periodDays: 'slo:time_period:days',
  currentBurn: 'slo:current_burn_rate:ratio',
  periodBurn: 'slo:period_burn_rate:ratio',
  budgetLeft: 'slo:period_error_budget_remaining:ratio',
  info: 'sloth_slo_info',
  /** Not sloth's: events per second, of which the long windows are made. */
  events: 'slo:sli_event:rate5m',
  errors: 'slo:sli_error:rate5m',
} as const;

/** The labels that every series of a promise has. */
export const sloLabels = (name: string, { of }: Slo) => {
  const service = 'service' in of ? of.service : 'telemetry';
  return { sloth_id: `${service}-${name}`, sloth_service: service, sloth_slo: name };
};

/** What a promise counts, as rates over five minutes. Where nothing failed yet, errors are 0, not absent. */
export function sliRates({ of }: Slo): { events: string; errors: string } {
  const total = (...matchers: string[]) => sum(rateOver('5m', SERVED, ...matchers));
  if (of.good === 'queryable') {
    const { name } = METRICS.freshness;
    return slower(sum(rateOver('5m', `${name}_count`)), sum(rateOver('5m', `${name}_bucket`, upTo(of.within))));
  }
  const matchers = [
    `${LABELS.service}="${of.service}"`,
    `${LABELS.method}="${of.method}"`,
    `${LABELS.route}=~"${of.routes.join('|')}"`,
  ];
  if (of.good === 'no fault') return { events: total(...matchers), errors: `${total(...matchers, FAILED)} or vector(0)` };
  const answered = [...matchers, FAILED.replace('=~', '!~')];
  return slower(total(...answered), sum(rateOver('5m', `${METRICS.requestDuration.name}_bucket`, ...answered, upTo(of.within))));
}

/** Both counts are extrapolated to the window's edges on their own: next to a counter's start, the difference can be a hair below 0. */
const slower = (events: string, inTime: string) => ({ events, errors: `clamp_min(${events} - ${inTime}, 0)` });
