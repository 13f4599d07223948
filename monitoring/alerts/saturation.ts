import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { memoryShare } from '../names/memory.ts';
import { rateOver, SERVED, sum } from '../names/promql.ts';
import type { Alert } from '../rules/alert.ts';
import { label } from '../rules/alert-links.ts';
import { counter, gauge } from '../rules/scenario.ts';
import { CALM, served } from './series.ts';

const { service, store } = LABELS;
const SERVICE = label(service);
const page = { dashboard: 'service', variables: { service: SERVICE } } as const;
const orders = { job: 'shop', [service]: 'orders' };
const { prometheusBlocks, prometheusWal, prometheusLimit } = COMPONENT_METRICS;
const prometheusDisk = `(${prometheusBlocks} + ${prometheusWal}) / ${prometheusLimit}`;

/** How full things are: each of these goes before a failure that visitors or readers would notice. */
export const SATURATION_ALERTS = {
  EventLoopBlocked: {
    severity: 'ticket',
    symptom: `${SERVICE} answers in jerks: its event loop stands still for more than a tenth of a second at a time.`,
    // Each reading, by whomever, sets it back to nothing: a scrape sees a second of three.
    measure: `max by (${service}) (max_over_time(${COMPONENT_METRICS.eventLoopLag}[30s]))`,
    fires: '> 0.1',
    unit: 'seconds',
    for: ['1m', 'a start compiles for some seconds'],
    keepFiringFor: ['2m', 'work that blocks comes with the requests that ask for it'],
    predicts:
      'Every request waits while it lasts, also those that are fast by themselves, and their traces do not show for what.',
    links: { ...page, traces: { service: SERVICE, slowerThan: 0.1 }, logs: `{${service}="${SERVICE}"}` },
    healthy: [gauge(COMPONENT_METRICS.eventLoopLag, orders, [CALM, 0.012])],
    scenarios: [
      {
        name: 'something computes for 0.3 s at a time',
        series: [gauge(COMPONENT_METRICS.eventLoopLag, orders, [10, 0.012], [10, 0.3], [20, 0.012])],
        firing: [12, 19],
        quiet: [9, 10.5, 25],
        labels: { [service]: 'orders' },
      },
    ],
  },
  DatabasePoolExhausted: {
    severity: 'ticket',
    symptom: `Requests to ${SERVICE} stand in line for a connection to the database.`,
    measure: `max by (${service}) (avg_over_time(${METRICS.poolWaiting.name}[1m]))`,
    fires: '> 1',
    unit: 'count',
    for: ['1m', 'a rush fills the pool for moments, which is what its line is for'],
    keepFiringFor: ['2m', 'the line comes and goes with the traffic'],
    predicts: 'When the line is longer than callers wait, they get errors: in their traces the time stands before the query.',
    links: { ...page, traces: { service: SERVICE, slowerThan: 0.25 }, logs: `{${service}="${SERVICE}"}` },
    healthy: [gauge(METRICS.poolWaiting.name, orders, [CALM, 0])],
    scenarios: [
      {
        name: 'somebody keeps the connections',
        series: [gauge(METRICS.poolWaiting.name, orders, [10, 0], [10, 6], [20, 0])],
        firing: [13, 19],
        quiet: [9, 10.75, 25],
        labels: { [service]: 'orders' },
      },
    ],
  },
  MemoryNearLimit: {
    severity: 'ticket',
    symptom: `${label('component')} is about to be killed for want of memory, and with it the requests or the telemetry that it holds.`,
    measure: memoryShare(),
    fires: '> 0.8',
    unit: 'share',
    for: ['2m', 'garbage is collected within that time if it is garbage'],
    keepFiringFor: ['2m', 'around the threshold it would come and go with each collection'],
    predicts: 'The kill itself gives no notice: the next thing to be seen is a restart.',
    links: { dashboard: 'pipeline', logs: `{${service}="${label('component')}"}` },
    healthy: [gauge(COMPONENT_METRICS.residentMemory, orders, [CALM, 120 * 2 ** 20])],
    scenarios: [
      {
        name: 'a leak, and the restart that ends it',
        series: [gauge(COMPONENT_METRICS.residentMemory, orders, [10, 120 * 2 ** 20], [10, 230 * 2 ** 20], [20, 100 * 2 ** 20])],
        firing: [13, 19],
        quiet: [9, 11, 25],
        labels: { component: 'orders' },
      },
      {
        name: 'a component that is not ours',
        series: [
          gauge(COMPONENT_METRICS.goMemory, { job: 'prometheus' }, [10, 90 * 2 ** 20], [10, 250 * 2 ** 20]),
          gauge(COMPONENT_METRICS.goReleased, { job: 'prometheus' }, [20, 20 * 2 ** 20]),
        ],
        firing: [13, 19],
        quiet: [9],
        labels: { component: 'prometheus' },
      },
    ],
  },
  StoreNearLimit: {
    severity: 'ticket',
    symptom: `${label(store)} soon forgets earlier than promised, or cannot write any more: its disk is nearly used up.`,
    measure: `label_replace(${prometheusDisk}, "${store}", "prometheus", "", "") or ${METRICS.diskUsed.name} / ${METRICS.diskLimit.name}`,
    fires: '> 0.9',
    unit: 'share',
    for: ['10m', 'a store merges its files now and then, and holds both for that time'],
    keepFiringFor: ['10m', 'as above, the other way round'],
    predicts: 'What is gone shows when somebody looks for it.',
    links: { dashboard: 'pipeline' },
    healthy: [
      gauge(METRICS.diskUsed.name, { job: 'prober', [store]: 'loki' }, [CALM, 1e9]),
      gauge(METRICS.diskLimit.name, { job: 'prober', [store]: 'loki' }, [CALM, 4e9]),
    ],
    scenarios: [
      {
        name: 'logs outgrow their disk',
        series: [
          gauge(METRICS.diskUsed.name, { job: 'prober', [store]: 'loki' }, [10, 3e9], [30, 3.8e9], [30, 2e9]),
          gauge(METRICS.diskLimit.name, { job: 'prober', [store]: 'loki' }, [70, 4e9]),
        ],
        firing: [21, 39],
        quiet: [9, 15, 55],
        labels: { job: 'prober', [store]: 'loki' },
      },
      {
        name: 'metrics outgrow theirs',
        series: [
          gauge(prometheusBlocks, { job: 'prometheus' }, [10, 7e9], [20, 7.8e9]),
          gauge(prometheusWal, { job: 'prometheus' }, [30, 1e8]),
          gauge(prometheusLimit, { job: 'prometheus' }, [30, 8.5e9]),
        ],
        firing: [21],
        quiet: [9],
        labels: { job: 'prometheus', [store]: 'prometheus' },
      },
    ],
  },
  LogStorm: {
    severity: 'ticket',
    symptom: `${SERVICE} writes more than ten log lines for each request: what matters drowns, and old lines are forgotten sooner.`,
    measure: `${sum(rateOver('2m', METRICS.logLines.name), service)} / ${sum(rateOver('2m', SERVED), service)}`,
    fires: '> 10',
    unit: 'count',
    for: ['1m', 'a start and a stop log without a request'],
    keepFiringFor: ['2m', 'a storm has lulls'],
    predicts: 'Beyond its limits Loki refuses lines, and then which ones is chance.',
    links: { ...page, logs: `{${service}="${SERVICE}"}` },
    healthy: [served('orders', '200', [CALM, 10]), counter(METRICS.logLines.name, orders, [CALM, 20])],
    scenarios: [
      {
        name: 'a loop logs each of its turns',
        series: [served('orders', '200', [40, 10]), counter(METRICS.logLines.name, orders, [10, 20], [10, 900], [20, 20])],
        firing: [12, 19],
        quiet: [9, 10.5, 27],
        labels: { [service]: 'orders' },
      },
    ],
  },
} as const satisfies Record<string, Alert>;
