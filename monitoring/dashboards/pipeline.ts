import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import type { Addresses } from '../names/links.ts';
import { memoryShare } from '../names/memory.ts';
import { quantile, rate, sum } from '../names/promql.ts';
import { firingAlerts } from '../panels/firing.ts';
import type { Section } from '../panels/layout.ts';
import { toLiveView, toShop, toSlos } from '../panels/onwards.ts';
import { stat, timeSeries } from '../panels/panels.ts';
import { instant, range } from '../panels/targets.ts';
import { logsPipeline } from './pipeline-logs.ts';
import { metricsPipeline } from './pipeline-metrics.ts';
import { spansPipeline } from './pipeline-spans.ts';

const { signal, result, store } = LABELS;

/** The way of the telemetry, hop by hop, so that a loss is seen where it happens. */
export const pipelineSections = (at: Addresses): Section[] => [
  {
    title: 'Is everything there',
    onwards: [toShop, toSlos],
    panels: [
      stat({
        title: 'Scrape targets',
        description: 'Whether the last scrape of each job succeeded; a job with several targets shows its worst.',
        unit: 'none',
        size: [24, 4],
        query: instant(`min by (job) (${COMPONENT_METRICS.up})`, '{{job}}'),
        states: ['down', 'up'],
      }),
      firingAlerts(at, [8, 8], 'alertname!~".*(Unusual|Slow|Errors|Failing)"'),
      timeSeries({
        title: 'Lag: from its making until a query finds it, p95',
        description: "By signal, of the prober's own markers: the trace in Jaeger, the line in Loki, the sample in Prometheus.",
        unit: 's',
        size: [8, 8],
        queries: [range(quantile(0.95, METRICS.freshness.name, [signal]), `{{${signal}}}`)],
      }),
      timeSeries({
        title: 'Memory of each component, of its limit',
        description: 'At 100 % the component is killed, and what it holds is lost.',
        unit: 'percentunit',
        size: [8, 8],
        threshold: 1,
        queries: [range(memoryShare(), '{{component}}')],
      }),
    ],
  },
  ...spansPipeline(at),
  logsPipeline(),
  metricsPipeline(),
  {
    title: 'Live view and stores',
    onwards: [toLiveView(at), toShop],
    panels: [
      timeSeries({
        title: 'Live view: in',
        description: 'Items a second that it received.',
        unit: 'cps',
        size: [8, 7],
        queries: [range(sum(rate(COMPONENT_METRICS.liveReceived), signal), `{{${signal}}}`)],
      }),
      timeSeries({
        title: 'Live view: refused and forgotten',
        description: 'Items a second that it turned away, and those that newer ones pushed out, which is what it is for.',
        unit: 'cps',
        size: [8, 7],
        queries: [
          range(sum(rate(COMPONENT_METRICS.liveRejected), signal), `refused {{${signal}}}`),
          range(sum(rate(COMPONENT_METRICS.liveEvicted), signal), `forgotten {{${signal}}}`),
        ],
      }),
      timeSeries({
        title: 'Live view: how full',
        description: 'Of the memory that each signal may take. At 100 % the oldest goes.',
        unit: 'percentunit',
        size: [8, 7],
        queries: [
          range(`${sum(COMPONENT_METRICS.liveBytes, signal)} / ${sum(COMPONENT_METRICS.liveCap, signal)}`, `{{${signal}}}`),
        ],
      }),
      timeSeries({
        title: 'Disk of each store, of its limit',
        description: 'At 100 % a store forgets earlier than it should, or cannot write.',
        unit: 'percentunit',
        size: [12, 7],
        queries: [
          range(`${METRICS.diskUsed.name} / ${METRICS.diskLimit.name}`, `{{${store}}}`),
          range(
            `(${COMPONENT_METRICS.prometheusBlocks} + ${COMPONENT_METRICS.prometheusWal}) / ${COMPONENT_METRICS.prometheusLimit}`,
            'prometheus',
          ),
        ],
      }),
      timeSeries({
        title: 'Exemplars that lead to a trace',
        description: 'The prober follows exemplars to Jaeger. Missing ones are points on a curve that lead to nothing.',
        unit: 'cps',
        size: [12, 7],
        queries: [range(sum(rate(METRICS.exemplarsChecked.name), result), `{{${result}}}`)],
      }),
    ],
  },
];
