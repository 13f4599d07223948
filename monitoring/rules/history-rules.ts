import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { FAILED, rateOver, SERVED, sum } from '../names/promql.ts';
import type { Group, RecordingRule } from './rule.ts';
import type { RuleTest } from './tests.ts';

const { service } = LABELS;
const BUCKET = `${METRICS.requestDuration.name}_bucket`;

/** What is worth a look after weeks, for each service, in the names that level:metric:operations gives. */
const FIVE_MINUTES: readonly RecordingRule[] = [
  { record: 'service:requests:rate5m', expr: sum(rateOver('5m', SERVED), service) },
  { record: 'service:errors:rate5m', expr: `${sum(rateOver('5m', SERVED, FAILED), service)} or 0 * service:requests:rate5m` },
  { record: 'service_le:duration_seconds:rate5m', expr: sum(rateOver('5m', BUCKET), service, 'le') },
];

/**
 * History in fewer samples: a month of a service's requests is 9,000 samples a series at five minutes and 750 at an hour, where what it is made of
 * has 900,000 for each route and status. Rates, so that an average of them is a rate again; buckets, because quantiles cannot be averaged.
 */
export function historyGroups(): Group[] {
  return [
    { name: 'history-5m', interval: '5m', rules: [...FIVE_MINUTES] },
    {
      name: 'history-1h',
      interval: '1h',
      rules: FIVE_MINUTES.map(({ record }) => ({ record: record.replace('5m', '1h'), expr: `avg_over_time(${record}[1h])` })),
    },
  ];
}

/** Two hours at two requests a second, a quarter of them failed, all within half a second. */
export function historyTest(): RuleTest {
  const labels = `{${service}="orders", ${LABELS.status}="%"}`;
  const of = (name: string, more = '') => `${name}{${more}${service}="orders"}`;
  const expected = (series: string, more: string, value: number) => ({
    expr: `round(${series}, 0.001)`,
    eval_time: '2h10m',
    exp_samples: [{ labels: of('', more), value }],
  });
  return {
    name: 'five minutes and hours hold the same rates',
    interval: '15s',
    input_series: [
      { series: `${SERVED}${labels.replace('%', '200')}`, values: '0+22.5x560' },
      { series: `${SERVED}${labels.replace('%', '500')}`, values: '0+7.5x560' },
      { series: of(BUCKET, 'le="0.5", '), values: '0+30x560' },
    ],
    promql_expr_test: ['5m', '1h'].flatMap((window) => [
      expected(`service:requests:rate${window}`, '', 2),
      expected(`service:errors:rate${window}`, '', 0.5),
      expected(`service_le:duration_seconds:rate${window}`, 'le="0.5", ', 2),
    ]),
  };
}
