import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { SERVED } from '../names/promql.ts';
import { SLOS, type Slo } from '../slos.ts';
import type { Severity } from './burn.ts';
import { counter, promtoolSeries, type Series, STEP } from './scenario.ts';
import { budgetOf } from './slo-rules.ts';
import { SLO_SERIES } from './slo-series.ts';
import { at, type Expected, type RuleTest } from './tests.ts';

/** Events per second for so many minutes, and of them so many times the share that the budget allows are bad. */
type Burning = readonly [minutes: number, perSecond: number, timesTheBudget: number];

interface BudgetScenario {
  name: string;
  /** How every promise fares, all at once. */
  course: readonly Burning[];
  /** After how many minutes the counters start again, as those of a process that restarts do. */
  resetAt?: number;
  /** A second process with a course of its own. */
  another?: readonly Burning[];
  /** The one promise that it is about; all of them, if none is named. */
  only?: string;
  /** The severities that fire for every promise at that minute. */
  firing: readonly (readonly [minute: number, ...Severity[]])[];
}

/** What every promise must bear. Times follow from the table in burn.ts: at n times the budget, a window of w is above f times it after f / n of w. */
const SCENARIOS: readonly BudgetScenario[] = [
  {
    name: 'burns fast, and recovers: 20 times the budget for 70 minutes, above 14.4 in an hour after 43',
    course: [
      [20, 2, 0],
      [70, 2, 20],
      [40, 2, 0],
    ],
    firing: [[19], [50], [75, 'page'], [89, 'page'], [105]],
  },
  {
    name: 'burns less fast: 8 times the budget, above 6 in six hours after four and a half',
    course: [
      [20, 2, 0],
      [330, 2, 8],
      [70, 2, 0],
    ],
    firing: [[240], [320, 'page'], [349, 'page'], [410]],
  },
  {
    name: 'burns slowly: 5.8 times the budget, above 3 in a day after 12.4 hours; nobody is woken',
    course: [
      [20, 2, 0],
      [780, 2, 5.8],
      [320, 2, 0],
    ],
    // The longest two by far, so for one promise: the rules of all are made alike.
    only: 'checkout-latency',
    firing: [[700], [790, 'ticket'], [1119]],
  },
  {
    name: 'burns very slowly: 2.8 times the budget, above 1 in three days after 25.7 hours',
    course: [[1600, 2, 2.8]],
    only: 'checkout-availability',
    firing: [[1480], [1590, 'ticket']],
  },
  {
    name: 'keeps within its budget',
    course: [[400, 2, 0.9]],
    firing: [[30], [399]],
  },
  {
    name: 'no traffic at all',
    course: [[120, 0, 0]],
    firing: [[10], [119]],
  },
  {
    name: 'traffic that stops while it burns: nobody is hurt any more',
    course: [
      [20, 2, 0],
      [55, 2, 20],
      [60, 0, 0],
    ],
    firing: [[74, 'page'], [90]],
  },
  {
    name: 'a handful of failures, and nothing else: one in a quarter of an hour',
    course: [[140, 1 / 900, 1000]],
    firing: [[60], [139]],
  },
  {
    name: 'counters start again while all is well',
    course: [[120, 2, 0.5]],
    resetAt: 47,
    firing: [[48], [52], [119]],
  },
  {
    name: 'counters start again while it burns',
    course: [
      [20, 2, 0],
      [70, 2, 20],
    ],
    resetAt: 60,
    firing: [[50], [75, 'page']],
  },
  {
    name: 'a service is added that does well',
    course: [[120, 2, 0.5]],
    another: [[60, 4, 0.5]],
    firing: [[60], [66], [119]],
  },
  {
    name: 'a service is added that burns',
    course: [[150, 2, 0]],
    another: [[90, 40, 20]],
    firing: [[59], [149, 'page']],
  },
];

const STEP_SECONDS = 60;

/** The tests of the promises' rules: each scenario for all promises at once, and how exact the long windows are. */
export function sloTests(slos: Record<string, Slo> = SLOS): RuleTest[] {
  return [...SCENARIOS.map((scenario) => budgetTest(scenario, slos)), ...exactness(slos)];
}

function budgetTest({ name, course, resetAt, another, only, firing }: BudgetScenario, all: Record<string, Slo>): RuleTest {
  const slos = Object.entries(all).flatMap(([id, slo]) => (only === undefined || id === only ? [slo] : []));
  const minutes = course.reduce((sum, [length]) => sum + length, 0);
  const late = minutes - (another ?? []).reduce((sum, [length]) => sum + length, 0);
  const series = slos.flatMap((slo) => [
    ...eventsOf(slo, course).map((one) => promtoolSeries(one, { step: STEP_SECONDS, resetAt })),
    ...(another ? eventsOf(slo, another, 'another') : []).map((one) =>
      promtoolSeries({ ...one, course: [[late, 'absent'], ...one.course] }, { step: STEP_SECONDS }),
    ),
  ]);
  const expected = firing.map(
    ([minute, ...severities]): Expected => ({
      expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
      eval_time: at(minute),
      exp_samples: slos.flatMap(({ alert }) =>
        severities.map((severity) => ({ labels: `{alertname="${alert}", severity="${severity}"}`, value: 1 })),
      ),
    }),
  );
  return { name, interval: `${STEP_SECONDS}s`, input_series: series, promql_expr_test: expected };
}

/** The series that a promise counts, as its source has them. More bad events than events are all of them. */
function eventsOf(slo: Slo, course: readonly Burning[], instance = 'one'): Series[] {
  const { of } = slo;
  const bad = course.map(([minutes, rate, times]) => [minutes, rate * Math.min(1, times * budgetOf(slo))] as const);
  const good = course.map(([minutes, rate], i) => [minutes, rate - (bad[i]?.[1] ?? 0)] as const);
  const all = course.map(([minutes, rate]) => [minutes, rate] as const);
  if (of.good === 'queryable') {
    const labels = { job: 'prober', instance, [LABELS.signal]: 'traces' };
    const { name } = METRICS.freshness;
    return [counter(`${name}_count`, labels, ...all), counter(`${name}_bucket`, { ...labels, le: '10.0' }, ...good)];
  }
  const labels = (status: string) => ({
    job: 'shop',
    instance,
    [LABELS.service]: of.service,
    [LABELS.method]: of.method,
    [LABELS.route]: of.routes[0] ?? '',
    [LABELS.status]: status,
  });
  if (of.good === 'no fault') return [counter(SERVED, labels('200'), ...good), counter(SERVED, labels('503'), ...bad)];
  const inTime = { ...labels('200'), le: String(of.within) };
  return [counter(SERVED, labels('200'), ...all), counter(`${METRICS.requestDuration.name}_bucket`, inTime, ...good)];
}

/**
 * The recorded long windows against the raw counters: a quiet hour in which everything fails, between busy ones without a failure. An average of
 * ratios would take that hour for as much as any other, and be off by up to a hundred times. What is recorded is what the raw counters said two
 * and a half minutes before, because a rate over five minutes tells of the middle of them.
 */
function exactness(slos: Record<string, Slo>): RuleTest[] {
  const slo = slos['checkout-availability'];
  if (!slo) return [];
  const increase = (window: string, status: string) =>
    `sum(increase(${SERVED}{${LABELS.status}=~"${status}"}[${window}] offset 150s))`;
  const recorded = (window: string) => `sum(${SLO_SERIES.errorRatio(window)}{sloth_slo="checkout-availability"})`;
  const asRaw = (window: string, minute: number): Expected => ({
    expr: `abs(${recorded(window)} / (${increase(window, '503')} / ${increase(window, '.*')}) - 1) < bool 0.06`,
    eval_time: at(minute),
    exp_samples: [{ labels: '{}', value: 1 }],
  });
  const series = eventsOf(slo, [
    [380, 20, 0],
    [60, 0.2, 1000],
    [400, 20, 0],
  ]);
  return [
    {
      name: 'a long window says what the raw counters said two and a half minutes before, to within 6 %, where the traffic changes a hundredfold',
      interval: `${STEP}s`,
      input_series: series.map((one) => promtoolSeries(one)),
      promql_expr_test: [
        asRaw('30m', 400),
        asRaw('1h', 400),
        asRaw('1h', 440),
        asRaw('1h', 470),
        asRaw('2h', 490),
        asRaw('6h', 400),
        asRaw('6h', 700),
      ],
    },
  ];
}
