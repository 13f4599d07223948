import type { Alert } from './alert.ts';

import { promtoolSeries, type Scenario, type Series, STEP } from './scenario.ts';

/** One test of promtool: series that come in, and what must be seen at which time. */
export interface RuleTest {
  name: string;
  interval: string;
  input_series: { series: string; values: string }[];
  promql_expr_test: Expected[];
  alert_rule_test?: object[];
}

export interface Expected {
  expr: string;
  eval_time: string;
  exp_samples: { labels: string; value: number }[];
}

/** What a file of tests holds; `rule_files` are relative to it. */
export interface TestFile {
  rule_files: string[];
  evaluation_interval: string;
  tests: RuleTest[];
}

/** The tests of an alert: its own scenarios, and those that every alert must bear. */
export function alertTests(name: string, alert: Alert): RuleTest[] {
  const quiet = (scenario: string, series: Series[], resetAt?: number, minutes = [5, 14, 16, 29]): RuleTest =>
    test(name, alert.severity, { name: scenario, series, firing: [], quiet: minutes, labels: {} }, resetAt);
  const late = alert.healthy.map((one): Series => ({ ...one, course: [[15, 'absent'], ...one.course] }));
  return [
    ...alert.scenarios.map((scenario) => test(name, alert.severity, scenario)),
    quiet('all is well', alert.healthy),
    quiet('its counters start again', alert.healthy, 15),
    quiet('what it watches is added', late, undefined, [16, 18, 29, 44]),
  ];
}

/** Minutes in promtool's notation. */
export const at = (minutes: number): string => `${minutes * 60}s`;

function test(
  name: string,
  severity: string,
  { name: scenario, series, firing, quiet, labels }: Scenario,
  resetAt?: number,
): RuleTest {
  const expr = `ALERTS{alertname="${name}", severity="${severity}", alertstate="firing"}`;
  const written = Object.entries({ alertname: name, alertstate: 'firing', severity, ...labels })
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ');
  const expected = (minutes: number, fires: boolean): Expected => ({
    expr,
    eval_time: at(minutes),
    exp_samples: fires ? [{ labels: `ALERTS{${written}}`, value: 1 }] : [],
  });
  const moments = [...firing.map((m) => [m, true] as const), ...quiet.map((m) => [m, false] as const)];
  return {
    name: `${name}: ${scenario}`,
    interval: `${STEP}s`,
    input_series: series.map((one) => promtoolSeries(one, { resetAt })),
    promql_expr_test: moments.sort(([a], [b]) => a - b).map(([minutes, fires]) => expected(minutes, fires)),
  };
}

/** A Prometheus that scrapes nothing: only what notices an absence may fire. */
export const nothingAtAll = (): RuleTest => ({
  name: 'no data at all',
  interval: `${STEP}s`,
  input_series: [],
  promql_expr_test: [
    {
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: at(20),
      exp_samples: [{ labels: '{alertname="ShipperDown"}', value: 1 }],
    },
  ],
});
