import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { orZero, rate, sum } from '../names/promql.ts';
import type { Section } from './layout.ts';
import { stat, timeSeries } from './panels.ts';
import { instant, range } from './targets.ts';

const { service, errorType, outcome } = LABELS;
const legend = `{{${service}}}`;
const sent = sum(rate(COMPONENT_METRICS.collectorSent), 'exporter');

/** Whether the rest of the dashboard can be believed. */
export const healthSection = (): Section => ({
  title: 'Health of the telemetry',
  panels: [
    stat({
      title: 'Scrape targets',
      description: 'Whether the last scrape of each job succeeded; a job with several targets shows its worst.',
      unit: 'none',
      size: [24, 4],
      query: instant(`min by (job) (${COMPONENT_METRICS.up})`, '{{job}}'),
      states: ['down', 'up'],
    }),
    timeSeries({
      title: 'Spans on their way',
      description:
        'Spans that services delivered, that the collector accepted, and that it sent on. Sampling explains a gap to the last; loss any other.',
      unit: 'cps',
      size: [12, 8],
      queries: [
        range(sum(rate(METRICS.spansProcessed.name, `${errorType}=""`)), 'delivered by services'),
        range(sum(rate(COMPONENT_METRICS.collectorAccepted)), 'accepted by the collector'),
        range(sent, 'sent by {{exporter}}'),
      ],
    }),
    timeSeries({
      title: 'Spans lost',
      description:
        'Spans dropped in a service (with the reason), refused by the collector, or not delivered by it. All lines belong at 0.',
      unit: 'cps',
      size: [12, 8],
      queries: [
        range(sum(rate(METRICS.spansProcessed.name, `${errorType}!=""`), service, errorType), `${legend}: {{${errorType}}}`),
        range(sum(rate(METRICS.browserSpans.name, `${outcome}="lost"`)), 'of the page, on their way'),
        range(sum(rate(COMPONENT_METRICS.collectorRefused), 'receiver'), 'refused by {{receiver}}'),
        range(orZero(sum(rate(COMPONENT_METRICS.collectorSendFailed), 'exporter'), sent), 'not delivered by {{exporter}}'),
        range(
          orZero(sum(rate(COMPONENT_METRICS.collectorQueueRefused), 'exporter'), sent),
          'no room in the queue of {{exporter}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Queues',
      description: 'How full the queues of spans are. At 100 % the next span is lost.',
      unit: 'percentunit',
      size: [12, 8],
      queries: [
        range(`${METRICS.spanQueueSize.name} / ${METRICS.spanQueueCapacity.name}`, legend),
        range(
          `max by (exporter) (${COMPONENT_METRICS.collectorQueueSize} / ${COMPONENT_METRICS.collectorQueueCapacity})`,
          'collector, {{exporter}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Log lines: written against received',
      description:
        'Lines that services wrote and lines that Loki received. The two differ for longer than a shipper needs when lines are lost.',
      unit: 'cps',
      size: [12, 8],
      queries: [
        range(sum(rate(METRICS.logLines.name)), 'written by services'),
        range(sum(rate(COMPONENT_METRICS.lokiLinesReceived)), 'received by Loki'),
      ],
    }),
  ],
});
