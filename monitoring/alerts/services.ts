/** Room alerts: the rows of the alerts, one file for each kind. */
import { type DurationBound, LABELS, METRICS } from '../../telemetry/signals.ts';
import { ENTRANCE, FAILED, orZero, rateOver, SERVED, sum, upTo } from '../names/promql.ts';
import type { Alert } from '../rules/alert.ts';
import { label } from '../rules/alert-links.ts';
import { counter } from '../rules/scenario.ts';
import { SLO_SERIES } from '../rules/slo-series.ts';
import { CALM, served, servedWithin } from './series.ts';

const { service } = LABELS;
const SERVICE = label(service);
const all = sum(rateOver('5m', SERVED), service);
const failed = sum(rateOver('5m', SERVED, FAILED), service);
const SLOW: DurationBound = 0.25;
const inTime = sum(rateOver('5m', `${METRICS.requestDuration.name}_bucket`, upTo(SLOW)), service);
const page = { dashboard: 'service', variables: { service: SERVICE } } as const;
const looks = { [LABELS.service]: ENTRANCE };

/** Errors, latency and traffic of each service; how full it is, is in saturation.ts, whether its traffic is unusual in unusual.ts. */
export const SERVICE_ALERTS = {
  ServiceErrors: {
    severity: 'ticket',
    symptom: `Every twentieth request to ${SERVICE}, or more, fails.`,
    measure: `${orZero(failed, all)} / ${all}`,
    fires: '> 0.05',
    unit: 'share',
    for: ['1m', 'one burst of a few failures is over before anyone could look'],
    keepFiringFor: ['2m', 'failures that come in bursts are one alert'],
    predicts: "It names the service. The promise's alert says only that visitors suffer, and waits until its budget is used.",
    links: {
      ...page,
      traces: { service: SERVICE, failed: true },
      logs: `{${service}="${SERVICE}", ${LABELS.level}="error"}`,
    },
    healthy: [served('orders', '200', [CALM, 10]), served('orders', '500', [CALM, 0.1])],
    scenarios: [
      {
        name: 'one request in ten fails, then none',
        series: [served('orders', '200', [40, 9]), served('orders', '500', [10, 0], [10, 1], [20, 0])],
        firing: [15, 20],
        quiet: [9, 11, 30],
        labels: { [service]: 'orders' },
      },
      {
        name: 'the first failures of a service that had none',
        series: [served('payments', '200', [40, 9]), served('payments', '502', [10, 'absent'], [10, 3])],
        firing: [15],
        quiet: [10],
        labels: { [service]: 'payments' },
      },
    ],
  },
  ServiceSlow: {
    severity: 'ticket',
    symptom: `Every tenth request to ${SERVICE}, or more, takes longer than a quarter of a second.`,
    measure: `1 - ${inTime} / ${all}`,
    fires: '> 0.1',
    unit: 'share',
    for: ['1m', 'a cold start or one long collection of garbage is over by then'],
    keepFiringFor: ['2m', 'what is slow in bursts is one alert'],
    predicts: "It names the service. The promise's alert says only that visitors wait, and waits until its budget is used.",
    links: {
      ...page,
      traces: { service: SERVICE, slowerThan: SLOW },
      logs: `{${service}="${SERVICE}"} | json | duration_seconds > ${SLOW}`,
    },
    healthy: [served('orders', '200', [CALM, 10]), servedWithin('0.25', 'orders', [CALM, 9.9])],
    scenarios: [
      {
        name: 'a third of the requests is slow, then none',
        series: [served('orders', '200', [40, 9]), servedWithin('0.25', 'orders', [10, 9], [10, 6], [20, 9])],
        firing: [15, 20],
        quiet: [9, 30],
        labels: { [service]: 'orders' },
      },
    ],
  },
  TrafficStopped: {
    severity: 'page',
    symptom: 'Hardly anybody reaches the shop: less than a twentieth of the visits of the past day.',
    measure: `${SLO_SERIES.events}{sloth_slo="browsing-availability"} / avg_over_time(${SLO_SERIES.events}{sloth_slo="browsing-availability"}[1d])`,
    fires: '< 0.05',
    unit: 'share',
    for: ['1m', 'the rate is over five minutes already; one more, for a restart of the entrance'],
    keepFiringFor: ['2m', 'the first visitors after an outage are not the end of it'],
    links: { ...page, variables: { service: ENTRANCE }, traces: { service: ENTRANCE }, logs: `{${service}="${ENTRANCE}"}` },
    healthy: [counter(SERVED, { job: 'shop', ...looks, [LABELS.method]: 'GET', [LABELS.route]: '/' }, [CALM, 5])],
    scenarios: [
      {
        name: 'visitors stop coming but for the prober, and come back',
        series: [
          counter(
            SERVED,
            { job: 'shop', ...looks, [LABELS.method]: 'GET', [LABELS.route]: '/', [LABELS.status]: '200' },
            [60, 5],
            [20, 0.05],
            [20, 5],
          ),
        ],
        firing: [68, 79],
        quiet: [59, 62, 90],
        labels: { sloth_id: 'storefront-browsing-availability', sloth_service: ENTRANCE, sloth_slo: 'browsing-availability' },
      },
    ],
  },
} as const satisfies Record<string, Alert>;
