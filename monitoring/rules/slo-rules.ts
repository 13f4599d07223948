import { PERIOD_DAYS, SLOS, type Slo } from '../slos.ts';
import { seconds, WINDOWS, type Window } from './burn.ts';
import type { Group, RecordingRule } from './rule.ts';
import { SLO_SERIES, sliRates, sloLabels } from './slo-series.ts';

/** How often all of it is recorded; the long windows are made of the rates that were recorded at this pace. */
export const SLI_INTERVAL = '30s';

/**
 * The recorded series of every promise, in one group: each rule sees what those before it recorded, so that half a minute after the first scrape there
 * is a budget. The window of 30 days reads 86,400 samples of each rate (`npm run bench queries` says what that costs).
 */
export function sloGroups(slos: Record<string, Slo> = SLOS): Group[] {
  const windows = WINDOWS.filter((window) => window !== '5m');
  return [
    {
      name: 'slo-recorded',
      interval: SLI_INTERVAL,
      rules: [
        ...Object.entries(slos).flatMap(([name, slo]) => [...constants(name, slo), ...rates(name, slo)]),
        {
          record: SLO_SERIES.errorRatio('5m'),
          expr: `${SLO_SERIES.errors} / (${SLO_SERIES.events} > 0)`,
          labels: { sloth_window: '5m' },
        },
        ...windows.map(errorRatio),
        burnRate(SLO_SERIES.currentBurn, '5m'),
        burnRate(SLO_SERIES.periodBurn, `${PERIOD_DAYS}d`),
        { record: SLO_SERIES.budgetLeft, expr: `1 - ${SLO_SERIES.periodBurn}` },
      ],
    },
  ];
}

function rates(name: string, slo: Slo): RecordingRule[] {
  const { events, errors } = sliRates(slo);
  const labels = sloLabels(name, slo);
  return [
    { record: SLO_SERIES.events, expr: events, labels },
    { record: SLO_SERIES.errors, expr: errors, labels },
  ];
}

/**
 * The share of bad events over a long window, for all promises at once: errors recorded in it, over the events that it would hold had all
 * of it been seen. So each event weighs the same, whatever the hour's traffic (an average of ratios would not), and time that was not seen (a
 * stack that has just started) counts as without errors: a few minutes are not taken for a day.
 * What that costs in exactness: an event is spread over the five minutes that follow it, so that the window ends two and a half minutes ago and
 * has soft edges (a test holds it against the raw counters, to within 6 %); an evaluation that was missed counts as without errors.
 */
function errorRatio(window: Window): RecordingRule {
  const samples = seconds(window) / seconds(SLI_INTERVAL);
  return {
    record: SLO_SERIES.errorRatio(window),
    expr: `sum_over_time(${SLO_SERIES.errors}[${window}]) / (${samples} * avg_over_time(${SLO_SERIES.events}[${window}]) > 0)`,
    labels: { sloth_window: window },
  };
}

function constants(name: string, slo: Slo): RecordingRule[] {
  const labels = sloLabels(name, slo);
  const objective = slo.objective / 100;
  const constant = (record: string, value: number) => ({ record, expr: `vector(${value})`, labels });
  return [
    constant(SLO_SERIES.objective, objective),
    constant(SLO_SERIES.budget, budgetOf(slo)),
    constant(SLO_SERIES.periodDays, PERIOD_DAYS),
    {
      record: SLO_SERIES.info,
      expr: 'vector(1)',
      labels: { ...labels, sloth_mode: 'generated', sloth_spec: 'sightline', sloth_objective: String(slo.objective) },
    },
  ];
}

/** How many times faster than allowed the budget is used up; at 1 it lasts for exactly its period. What is left of it is 1 less the period's: below 0 it is gone. */
const burnRate = (record: string, window: Window): RecordingRule => ({
  record,
  expr: `${SLO_SERIES.errorRatio(window)} / on (sloth_id, sloth_service, sloth_slo) group_left () ${SLO_SERIES.budget}`,
});

/** The share of events that may be bad, without the noise of floating point. */
export const budgetOf = ({ objective }: Slo): number => Number(((100 - objective) / 100).toPrecision(10));
