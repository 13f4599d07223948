import { LABELS } from '../../telemetry/signals.ts';
import { ANOMALY_WINDOWS, type AnomalyWindows } from '../anomalies.ts';
import { SERVED } from '../names/promql.ts';
import { ANOMALY_SERIES } from './anomaly-rules.ts';
import { counter, promtoolSeries, type Stretch } from './scenario.ts';
import { at, type Expected, type RuleTest, type TestFile } from './tests.ts';

interface AnomalyScenario {
  name: string;
  /** The requests per second of one service. */
  course: readonly Stretch[];
  /** By which bands the rate is outside at that minute. */
  outside: readonly (readonly [minute: number, ...('adaptive' | 'robust')[]])[];
}

const HOUR = 60;
const DAY = 24 * HOUR;

/** From night to day and back, steeply: ten times as many visitors from eight in the morning to ten in the evening. */
const day: readonly Stretch[] = [
  [8 * HOUR, 5],
  [14 * HOUR, 50],
  [2 * HOUR, 5],
];
/** Grows by a hundredth of the start each time, so many minutes long. */
const drift = (steps: number, minutes: number): Stretch[] => Array.from({ length: steps }, (_, i) => [minutes, 20 + i * 0.2]);

const SCENARIOS: Readonly<Record<keyof typeof ANOMALY_WINDOWS, readonly AnomalyScenario[]>> = {
  demo: [
    {
      name: 'a step up: both notice, the adaptive band follows within minutes, the robust one within its window',
      course: [
        [40, 20],
        [40, 60],
      ],
      outside: [[20], [39], [41.5, 'adaptive', 'robust'], [46, 'robust'], [75]],
    },
    {
      name: 'a step down',
      course: [
        [40, 20],
        [40, 4],
      ],
      outside: [[39], [45, 'robust'], [75]],
    },
    {
      name: 'a spike of one minute in an hour moves no median',
      course: [
        [40, 20],
        [1, 90],
        [20, 20],
      ],
      outside: [[39], [50], [60]],
    },
    { name: 'a slow drift is growth', course: drift(70, 1), outside: [[30], [69]] },
    { name: 'no traffic at all', course: [[60, 0]], outside: [[59]] },
    {
      name: 'too little of a past to say what is usual',
      course: [
        [5, 2],
        [8, 80],
      ],
      outside: [[7], [12]],
    },
  ],
  production: [
    {
      name: 'a step up after a day: both notice, and the adaptive band follows first',
      course: [
        [26 * HOUR, 20],
        [6 * HOUR, 60],
      ],
      outside: [[25 * HOUR], [26 * HOUR + 11, 'adaptive', 'robust'], [31 * HOUR, 'robust']],
    },
    { name: 'a slow drift over a day and a half is growth', course: drift(36, HOUR), outside: [[20 * HOUR], [35 * HOUR]] },
    {
      name: 'a daily pattern: the second morning and the second evening are as the first',
      course: [...day, ...day, ...day],
      outside: [
        [DAY + 8 * HOUR + 10],
        [DAY + 8 * HOUR + 30],
        [DAY + 14 * HOUR],
        [DAY + 22 * HOUR + 20],
        [2 * DAY + 2 * HOUR],
        [2 * DAY + 8 * HOUR + 20],
      ],
    },
    {
      name: 'a morning on which nobody comes',
      course: [...day, ...day, [10 * HOUR, 5]],
      outside: [[2 * DAY + 7 * HOUR], [2 * DAY + 9 * HOUR + 40, 'robust']],
    },
  ],
};

/** The tests of the bands, one file for each row of ANOMALY_WINDOWS. */
export const anomalyTestFiles = (): [string, TestFile][] =>
  Object.entries(SCENARIOS).map(([name, scenarios]) => {
    const windows: AnomalyWindows = ANOMALY_WINDOWS[name as keyof typeof ANOMALY_WINDOWS];
    const tests = scenarios.map((scenario) => anomalyTest(scenario));
    return [`anomalies.${name}.yml`, { rule_files: [`../anomalies.${name}.yml`], evaluation_interval: windows.interval, tests }];
  });

/** A sample every half minute: a rate over two minutes needs some. */
const STEP_SECONDS = 30;

function anomalyTest({ name, course, outside }: AnomalyScenario): RuleTest {
  const labels = { job: 'shop', [LABELS.service]: 'orders', [LABELS.status]: '200' };
  const expected = outside.map(
    ([minute, ...strategies]): Expected => ({
      expr: `count by (anomaly_strategy) (${ANOMALY_SERIES.outside}{anomaly_name="rate"} > 0)`,
      eval_time: at(minute),
      exp_samples: strategies.map((strategy) => ({ labels: `{anomaly_strategy="${strategy}"}`, value: 1 })),
    }),
  );
  return {
    name,
    interval: `${STEP_SECONDS}s`,
    input_series: [promtoolSeries(counter(SERVED, labels, ...course), { step: STEP_SECONDS })],
    promql_expr_test: expected,
  };
}
