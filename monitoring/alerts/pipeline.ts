import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { rateOver, series, sum } from '../names/promql.ts';
import type { Alert } from '../rules/alert.ts';
import { label } from '../rules/alert-links.ts';
import { counter, gauge } from '../rules/scenario.ts';
import { CALM, up } from './series.ts';

const { service, errorType, result, signal } = LABELS;
const board = { dashboard: 'pipeline' } as const;
const orders = { job: 'shop', [service]: 'orders' };
const collector = { job: 'collector' };
const FIRST = 'one lost item is worth knowing';
const lost = `${errorType}!=""`;
/** The live view shows now: what it could not take a moment ago is given up on purpose. */
const kept = 'exporter!="otlp_http/live"';
const { collectorRefused, collectorSendFailed, collectorQueueRefused, collectorQueueSize, collectorQueueCapacity } =
  COMPONENT_METRICS;
const { lokiLinesReceived, liveRejected, ruleFailures, ruleMissed, notificationErrors, notificationsFailed } = COMPONENT_METRICS;
const checked = METRICS.exemplarsChecked.name;

/** The way of the telemetry itself: where something is lost, or soon will be. */
export const PIPELINE_ALERTS = {
  SpansRefused: {
    severity: 'ticket',
    symptom: 'Traces come late or with holes: the collector refuses spans because its memory is full.',
    measure: sum(rateOver('2m', collectorRefused), 'receiver'),
    fires: '> 0',
    unit: 'perSecond',
    for: ['1m', 'the services send again what was refused, for that long'],
    keepFiringFor: ['2m', 'at the limit it refuses by turns'],
    links: board,
    healthy: [counter(collectorRefused, { ...collector, receiver: 'otlp' }, [CALM, 0])],
    scenarios: [
      {
        name: 'the collector is at its limit for ten minutes',
        series: [counter(collectorRefused, { ...collector, receiver: 'otlp' }, [10, 0], [10, 50], [20, 0])],
        firing: [12, 19],
        quiet: [9, 10.5, 26],
        labels: { receiver: 'otlp' },
      },
    ],
  },
  SpansDropped: {
    severity: 'ticket',
    symptom: `Traces of ${label(service)} have holes: it threw spans away (${label(errorType)}).`,
    measure: sum(rateOver('5m', METRICS.spansProcessed.name, lost), service, errorType),
    fires: '> 0',
    unit: 'perSecond',
    for: ['0s', FIRST],
    keepFiringFor: ['2m', 'losses in bursts are one alert'],
    links: { ...board, traces: { service: label(service) }, logs: `{${service}="${label(service)}"}` },
    healthy: [counter(METRICS.spansProcessed.name, { ...orders, [errorType]: 'queue_full' }, [CALM, 0])],
    scenarios: [
      {
        name: 'the queue in the service runs over for a minute',
        series: [counter(METRICS.spansProcessed.name, { ...orders, [errorType]: 'queue_full' }, [10, 0], [1, 40], [20, 0])],
        firing: [11, 15],
        quiet: [9, 20],
        labels: { [service]: 'orders', [errorType]: 'queue_full' },
      },
    ],
  },
  SpansNotExported: {
    severity: 'ticket',
    symptom: `Traces have holes: the collector gave up spans that ${label('exporter')} should have.`,
    measure: `${sum(rateOver('5m', collectorSendFailed, kept), 'exporter')} or ${sum(rateOver('5m', collectorQueueRefused, kept), 'exporter')}`,
    mayBeEmpty: 'the collector makes these series with the first span that it gives up',
    fires: '> 0',
    unit: 'perSecond',
    for: ['0s', FIRST],
    keepFiringFor: ['2m', 'losses in bursts are one alert'],
    links: board,
    healthy: [counter(collectorSendFailed, { ...collector, exporter: 'otlp_grpc/jaeger' }, [CALM, 0])],
    scenarios: [
      {
        name: 'the store refuses for a minute',
        series: [counter(collectorSendFailed, { ...collector, exporter: 'otlp_grpc/jaeger' }, [10, 0], [1, 40], [20, 0])],
        firing: [11, 15],
        quiet: [9, 20],
        labels: { exporter: 'otlp_grpc/jaeger' },
      },
      {
        name: 'the queue has no room for a minute',
        series: [counter(collectorQueueRefused, { ...collector, exporter: 'otlp_grpc/jaeger' }, [10, 0], [1, 40], [20, 0])],
        firing: [11, 15],
        quiet: [9, 20],
        labels: { exporter: 'otlp_grpc/jaeger' },
      },
      {
        name: 'the live view, which keeps nothing, is away',
        series: [counter(collectorSendFailed, { ...collector, exporter: 'otlp_http/live' }, [10, 0], [10, 40])],
        firing: [],
        quiet: [12, 19],
        labels: {},
      },
    ],
  },
  QueueFilling: {
    severity: 'ticket',
    symptom: `Traces come late, and soon not at all: the queue of ${label('queue')} is more than half full.`,
    measure: [
      `label_replace(max by (exporter) (${series(collectorQueueSize, kept)} / ${series(collectorQueueCapacity, kept)}), "queue", "$1", "exporter", "(.*)")`,
      `label_replace(max by (${service}) (${METRICS.spanQueueSize.name} / ${METRICS.spanQueueCapacity.name}), "queue", "$1", "${service}", "(.*)")`,
    ].join(' or '),
    fires: '> 0.5',
    unit: 'share',
    for: ['1m', 'a burst fills it for moments, which is what it is for'],
    keepFiringFor: ['1m', 'it empties in waves'],
    predicts: 'At 100 % the next item is lost.',
    links: board,
    healthy: [gauge(METRICS.spanQueueSize.name, orders, [CALM, 10]), gauge(METRICS.spanQueueCapacity.name, orders, [CALM, 2048])],
    scenarios: [
      {
        name: 'Jaeger is away for long',
        series: [
          gauge(collectorQueueSize, { ...collector, exporter: 'otlp_grpc/jaeger' }, [10, 0], [10, 150_000], [20, 0]),
          gauge(collectorQueueCapacity, { ...collector, exporter: 'otlp_grpc/jaeger' }, [40, 200_000]),
        ],
        firing: [12, 19],
        quiet: [9, 10.5, 25],
        labels: { exporter: 'otlp_grpc/jaeger', queue: 'otlp_grpc/jaeger' },
      },
      {
        name: 'a service makes more spans than it can send',
        series: [
          gauge(METRICS.spanQueueSize.name, orders, [10, 10], [10, 2000]),
          gauge(METRICS.spanQueueCapacity.name, orders, [20, 2048]),
        ],
        firing: [12, 19],
        quiet: [9],
        labels: { [service]: 'orders', queue: 'orders' },
      },
    ],
  },
  ScrapeFailing: {
    severity: 'ticket',
    symptom: `Curves of ${label('job')} have holes: about every tenth scrape fails.`,
    // Counted, because a share of the few scrapes after a start would be a large one.
    measure: `max by (job, ${service}) (count_over_time(${COMPONENT_METRICS.up}[10m]) - sum_over_time(${COMPONENT_METRICS.up}[10m]))`,
    fires: '> 15',
    unit: 'count',
    for: ['1m', 'it counts over ten minutes already'],
    keepFiringFor: ['2m', 'what fails by turns is one alert'],
    predicts: 'A rate over a hole is a guess, and so is each alert that stands on it.',
    links: board,
    healthy: [up('jaeger', {}, [CALM, 1])],
    scenarios: [
      {
        name: 'every other scrape fails for a while',
        series: [
          up(
            'jaeger',
            {},
            [10, 1],
            ...Array.from(
              { length: 10 },
              () =>
                [
                  [0.5, 0],
                  [0.5, 1],
                ] as const,
            ).flat(),
            [30, 1],
          ),
        ],
        firing: [19, 21],
        quiet: [9, 15, 35],
        labels: { job: 'jaeger' },
      },
    ],
  },
  ScrapeSlow: {
    severity: 'ticket',
    symptom: `Curves of ${label('job')} are about to have holes: its metrics take two seconds to read, and after three it is given up.`,
    measure: `max by (job) (avg_over_time(${COMPONENT_METRICS.scrapeDuration}[2m]))`,
    fires: '> 2',
    unit: 'seconds',
    for: ['1m', 'a busy moment is over by then'],
    keepFiringFor: ['2m', 'around the threshold it would come and go'],
    predicts: 'A scrape that takes longer than its timeout is a hole in every curve of the job.',
    links: board,
    healthy: [gauge(COMPONENT_METRICS.scrapeDuration, { job: 'spans' }, [CALM, 0.02])],
    scenarios: [
      {
        name: 'a page of metrics has grown too long',
        series: [gauge(COMPONENT_METRICS.scrapeDuration, { job: 'spans' }, [10, 0.02], [10, 2.6], [20, 0.02])],
        firing: [13, 19],
        quiet: [9, 11, 26],
        labels: { job: 'spans' },
      },
    ],
  },
  LogLinesMissing: {
    severity: 'ticket',
    symptom: 'Some log lines cannot be found: fewer arrive than are written.',
    measure: `1 - ${sum(rateOver('10m', lokiLinesReceived))} / ${sum(rateOver('10m', METRICS.logLines.name))}`,
    fires: '> 0.05',
    unit: 'share',
    for: ['2m', 'a shipper that was away catches up'],
    keepFiringFor: ['2m', 'losses in bursts are one alert'],
    links: { ...board, logs: `{${service}=~".+"}` },
    healthy: [counter(METRICS.logLines.name, orders, [CALM, 20]), counter(lokiLinesReceived, { job: 'loki' }, [CALM, 20])],
    scenarios: [
      {
        name: 'one line in five is lost, then none',
        series: [
          counter(METRICS.logLines.name, orders, [60, 20]),
          counter(lokiLinesReceived, { job: 'loki' }, [15, 20], [15, 16], [30, 20]),
        ],
        firing: [25, 30],
        quiet: [14, 17, 45],
        labels: {},
      },
    ],
  },
  ExemplarsWithoutTrace: {
    severity: 'ticket',
    symptom: 'A point on a curve does not lead to its trace: more than one in ten leads to nothing.',
    measure: `${sum(rateOver('10m', checked, `${result}="missing"`))} / ${sum(rateOver('10m', checked))}`,
    fires: '> 0.1',
    unit: 'share',
    for: ['1m', 'the share is over ten minutes already'],
    keepFiringFor: ['2m', 'around the threshold it would come and go'],
    links: board,
    healthy: [
      counter(checked, { job: 'prober', [result]: 'found' }, [CALM, 0.2]),
      counter(checked, { job: 'prober', [result]: 'missing' }, [CALM, 0]),
    ],
    scenarios: [
      {
        name: 'half of the traces are not kept for a while',
        series: [
          counter(checked, { job: 'prober', [result]: 'found' }, [15, 0.2], [15, 0.1], [30, 0.2]),
          counter(checked, { job: 'prober', [result]: 'missing' }, [15, 0], [15, 0.1], [30, 0]),
        ],
        firing: [22, 30],
        quiet: [14, 16, 45],
        labels: {},
      },
    ],
  },
  RulesFailing: {
    severity: 'ticket',
    symptom: 'Whoever counts on being told is not: rules of this table fail, or are not evaluated in time.',
    measure: `${sum(rateOver('5m', ruleFailures), 'rule_group')} + ${sum(rateOver('5m', ruleMissed), 'rule_group')}`,
    fires: '> 0',
    unit: 'perSecond',
    for: ['1m', 'one late round is made up by the next'],
    keepFiringFor: ['2m', 'rules that fail by turns are one alert'],
    links: board,
    healthy: [
      counter(ruleFailures, { job: 'prometheus', rule_group: 'a' }, [CALM, 0]),
      counter(ruleMissed, { job: 'prometheus', rule_group: 'a' }, [CALM, 0]),
    ],
    scenarios: [
      {
        name: 'a rule fails each time for a while',
        series: [
          counter(ruleFailures, { job: 'prometheus', rule_group: 'a' }, [10, 0], [10, 0.1], [20, 0]),
          counter(ruleMissed, { job: 'prometheus', rule_group: 'a' }, [40, 0]),
        ],
        firing: [12, 20],
        quiet: [9, 30],
        labels: { rule_group: 'a' },
      },
      {
        name: 'rounds are left out for a while',
        series: [
          counter(ruleFailures, { job: 'prometheus', rule_group: 'a' }, [20, 0]),
          counter(ruleMissed, { job: 'prometheus', rule_group: 'a' }, [10, 0], [10, 0.05]),
        ],
        firing: [12, 19],
        quiet: [9],
        labels: { rule_group: 'a' },
      },
    ],
  },
  NotificationsFailing: {
    severity: 'ticket',
    symptom: 'Somebody who should have been told was not: alerts do not reach Alertmanager, or its messages are refused.',
    measure: `${sum(rateOver('5m', notificationErrors))} + (${sum(rateOver('5m', notificationsFailed))} or vector(0))`,
    fires: '> 0',
    unit: 'perSecond',
    for: ['1m', 'what failed once is sent again'],
    keepFiringFor: ['5m', 'Alertmanager waits longer from attempt to attempt'],
    links: board,
    healthy: [
      counter(notificationErrors, { job: 'prometheus' }, [CALM, 0]),
      counter(notificationsFailed, { job: 'alertmanager', integration: 'webhook' }, [CALM, 0]),
    ],
    scenarios: [
      {
        name: 'the receiver refuses for a while',
        series: [
          counter(notificationErrors, { job: 'prometheus' }, [40, 0]),
          counter(notificationsFailed, { job: 'alertmanager', integration: 'webhook' }, [10, 0], [10, 0.1], [20, 0]),
        ],
        firing: [12, 20],
        quiet: [9, 35],
        labels: {},
      },
      {
        name: 'Alertmanager is away',
        series: [counter(notificationErrors, { job: 'prometheus' }, [10, 0], [10, 0.1])],
        firing: [12, 19],
        quiet: [9],
        labels: {},
      },
    ],
  },
  LiveViewRejecting: {
    severity: 'ticket',
    symptom: `The live view shows less than there is: it turns ${label(signal)} away.`,
    measure: sum(rateOver('5m', liveRejected), signal),
    fires: '> 0',
    unit: 'perSecond',
    for: ['1m', 'a restart refuses what it cannot place yet'],
    keepFiringFor: ['2m', 'senders come by turns'],
    links: board,
    healthy: [counter(liveRejected, { job: 'live', [signal]: 'traces' }, [CALM, 0])],
    scenarios: [
      {
        name: 'a sender is over its limit for a while',
        series: [counter(liveRejected, { job: 'live', [signal]: 'traces' }, [10, 0], [10, 100], [20, 0])],
        firing: [12, 20],
        quiet: [9, 30],
        labels: { [signal]: 'traces' },
      },
    ],
  },
} as const satisfies Record<string, Alert>;
