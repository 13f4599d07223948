import { LABELS, METRICS, SPAN_METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { rateOver, SERVED, sum } from '../names/promql.ts';
import type { Alert } from '../rules/alert.ts';
import { label } from '../rules/alert-links.ts';
import { counter } from '../rules/scenario.ts';
import { CALM, served, up } from './series.ts';

const { service } = LABELS;
const SERVICE = label(service);
const board = { dashboard: 'pipeline' } as const;
const ofService = { dashboard: 'service', variables: { service: SERVICE } } as const;
const orders = { job: 'shop', [service]: 'orders' };

/** What stopped: a process, or a whole signal. */
export const ABSENCE_ALERTS = {
  ServiceDown: {
    severity: 'page',
    symptom: `${SERVICE} does not run: who needs it gets errors.`,
    measure: `min by (job, ${service}) (${COMPONENT_METRICS.up}{job="shop"})`,
    fires: '== 0',
    unit: 'count',
    for: ['30s', 'a restart takes less'],
    keepFiringFor: ['1m', 'a service that starts, fails and starts again is one alert'],
    predicts: 'What does not run counts no failed request either: the promises of the entrance cannot notice that it is gone.',
    links: { ...ofService, logs: `{${service}="${SERVICE}"}` },
    healthy: [up('shop', orders, [CALM, 1])],
    scenarios: [
      {
        name: 'a service is stopped and started',
        series: [up('shop', orders, [10, 1], [10, 0], [20, 1])],
        firing: [10.75, 19],
        quiet: [9, 10.25, 22],
        labels: { job: 'shop', [service]: 'orders' },
      },
    ],
  },
  ComponentDown: {
    severity: 'ticket',
    symptom: `${label('job')} does not run: what it keeps or shows cannot be asked for.`,
    measure: `min by (job) (${COMPONENT_METRICS.up}{job!~"shop|collector|spans|log-shipper"})`,
    fires: '== 0',
    unit: 'count',
    for: ['1m', 'a restart takes less'],
    keepFiringFor: ['1m', 'what starts, fails and starts again is one alert'],
    predicts: "It names the component. The promise on the telemetry's freshness says only that something is late.",
    links: board,
    healthy: [up('jaeger', {}, [CALM, 1])],
    scenarios: [
      {
        name: 'Jaeger is stopped and started',
        series: [up('jaeger', {}, [10, 1], [10, 0], [20, 1]), up('loki', {}, [40, 1])],
        firing: [11.5, 19],
        quiet: [9, 10.5, 22],
        labels: { job: 'jaeger' },
      },
    ],
  },
  CollectorDown: {
    severity: 'page',
    symptom: 'No trace arrives any more: the collector does not run, and the services can hold their spans for seconds only.',
    measure: `min by (job) (${COMPONENT_METRICS.up}{job="collector"})`,
    fires: '== 0',
    unit: 'count',
    for: ['30s', 'a restart takes less, and the services keep their spans for that long'],
    keepFiringFor: ['1m', 'a collector that starts, fails and starts again is one alert'],
    predicts: 'Spans are lost from now on, for good; that they are late is noticed only later.',
    links: board,
    healthy: [up('collector', {}, [CALM, 1])],
    scenarios: [
      {
        name: 'the collector is stopped and started',
        series: [up('collector', {}, [10, 1], [10, 0], [20, 1])],
        firing: [10.75, 19],
        quiet: [9, 10.25, 22],
        labels: { job: 'collector' },
      },
    ],
  },
  ShipperDown: {
    severity: 'ticket',
    symptom: 'New log lines cannot be found: nothing ships them to Loki. They wait in their files.',
    // Found by name: a shipper that is stopped is no target that is down, but no target.
    measure: `sum(${COMPONENT_METRICS.up}{job="log-shipper"}) or vector(0)`,
    fires: '< 1',
    unit: 'count',
    for: ['1m', 'to switch from one shipper to the other takes less'],
    keepFiringFor: ['1m', 'what starts, fails and starts again is one alert'],
    predicts: 'The files are kept for a while only: what is not shipped by then is lost.',
    links: board,
    healthy: [up('log-shipper', {}, [CALM, 1])],
    scenarios: [
      {
        name: 'the shipper is stopped and started',
        series: [up('log-shipper', {}, [10, 1], [10, 'absent'], [20, 1])],
        firing: [16.5, 19],
        quiet: [9, 25],
        labels: {},
      },
      {
        name: 'the shipper does not answer',
        series: [up('log-shipper', {}, [10, 1], [10, 0])],
        firing: [11.5, 19],
        quiet: [9],
        labels: {},
      },
    ],
  },
  SpansAbsent: {
    severity: 'ticket',
    symptom: `${SERVICE} answers requests and has no traces of them.`,
    measure: sum(rateOver('2m', SERVED), service),
    fires: `> 0 unless on (${service}) ${sum(rateOver('5m', SPAN_METRICS.calls), service)} > 0`,
    unit: 'perSecond',
    for: ['1m', "a service's first spans come a moment after its first requests"],
    keepFiringFor: ['1m', 'the first span that arrives is not the end of it'],
    links: { ...board, logs: `{${service}="${SERVICE}"}` },
    healthy: [
      served('orders', '200', [CALM, 10]),
      counter(SPAN_METRICS.calls, { job: 'spans', [service]: 'orders' }, [CALM, 30]),
    ],
    scenarios: [
      {
        name: 'a service runs without its instrumentation, then with it',
        series: [
          served('orders', '200', [40, 10]),
          counter(SPAN_METRICS.calls, { job: 'spans', [service]: 'orders' }, [10, 30], [15, 0], [15, 30]),
        ],
        firing: [17, 24],
        quiet: [9, 13, 28],
        labels: { [service]: 'orders' },
      },
    ],
  },
  LogsAbsent: {
    severity: 'ticket',
    symptom: 'Services write log lines, and none can be found any more.',
    measure: sum(rateOver('5m', COMPONENT_METRICS.lokiLinesReceived)),
    fires: `== 0 and on () ${sum(rateOver('5m', METRICS.logLines.name))} > 0`,
    unit: 'perSecond',
    for: ['1m', 'the rates are over five minutes already'],
    keepFiringFor: ['1m', 'the first line that arrives is not the end of it'],
    links: { ...board, logs: `{${service}=~".+"}` },
    healthy: [
      counter(METRICS.logLines.name, orders, [CALM, 20]),
      counter(COMPONENT_METRICS.lokiLinesReceived, { job: 'loki' }, [CALM, 20]),
    ],
    scenarios: [
      {
        name: 'the lines stay where they are, then come',
        series: [
          counter(METRICS.logLines.name, orders, [40, 20]),
          counter(COMPONENT_METRICS.lokiLinesReceived, { job: 'loki' }, [10, 20], [15, 0], [15, 40]),
        ],
        firing: [17, 24],
        quiet: [9, 14, 28],
        labels: {},
      },
    ],
  },
} as const satisfies Record<string, Alert>;
