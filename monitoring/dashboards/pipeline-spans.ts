import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import type { Addresses } from '../names/links.ts';
import { orZero, rate, series, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toLiveView, toShop } from '../panels/onwards.ts';
import { stat, timeSeries } from '../panels/panels.ts';
import { instant, range } from '../panels/targets.ts';

const { service, errorType, outcome } = LABELS;
const M = COMPONENT_METRICS;
const LOST = `${errorType}!=""`;
const JAEGER = 'job="jaeger"';
const STORE = 'exporter="jaeger_storage_exporter"';
const sent = sum(rate(M.collectorSent), 'exporter');

/** What each hop lost in the time shown, by its place on the way; a hop that has lost nothing yet shows 0. */
const LOSSES: readonly (readonly [hop: string, counter: string])[] = [
  ['1 dropped in a service', series(METRICS.spansProcessed.name, LOST)],
  ['2 lost by the relay of the page', series(METRICS.browserSpans.name, `${outcome}="lost"`)],
  ['3 refused by the collector', M.collectorRefused],
  ['4 no room in a queue of the collector', M.collectorQueueRefused],
  ['5 given up by the collector', M.collectorSendFailed],
  ['6 refused by Jaeger', series(M.jaegerRefused, JAEGER)],
  ['7 not stored by Jaeger', series(M.jaegerStoreFailed, STORE)],
];
const lostAt = ([hop, counter]: (typeof LOSSES)[number]) =>
  `label_replace(sum(increase(${counter}[$__range])) or vector(0), "hop", "${hop}", "", "")`;

/** From the SDK in a service to Jaeger's disk. */
export const spansPipeline = (at: Addresses): Section[] => [
  {
    title: 'Spans: what was lost, and where',
    onwards: [toShop, toLiveView(at)],
    panels: [
      stat({
        title: 'Spans lost, by hop',
        description:
          'In the time range shown, in the order of their way. Every number belongs at 0; the first that is not is the place to look at.',
        unit: 'short',
        decimals: 0,
        size: [24, 4],
        query: instant(LOSSES.map(lostAt).join(' or '), '{{hop}}'),
        bad: { above: 1 },
      }),
      timeSeries({
        title: 'Spans on their way',
        description:
          'Out of the services, into the collector, out of it, into Jaeger, onto its disk. Sampling explains a gap at the collector; loss any other.',
        unit: 'cps',
        size: [24, 9],
        queries: [
          range(sum(rate(METRICS.spansProcessed.name, `${errorType}=""`)), '1 out of the services'),
          range(sum(rate(M.collectorAccepted)), '2 into the collector'),
          range(sent, '3 out to {{exporter}}'),
          range(sum(rate(M.jaegerAccepted, JAEGER)), '4 into Jaeger'),
          range(sum(rate(M.jaegerStored, STORE)), '5 stored'),
        ],
      }),
    ],
  },
  {
    title: 'Spans, hop by hop',
    onwards: [toShop, toLiveView(at)],
    panels: [
      timeSeries({
        title: 'Services: out and dropped',
        description: 'Spans that each service delivered, and those that it threw away, with the reason.',
        unit: 'cps',
        size: [8, 8],
        queries: [
          range(sum(rate(METRICS.spansProcessed.name, `${errorType}=""`), service), `{{${service}}}`),
          range(sum(rate(METRICS.spansProcessed.name, LOST), service, errorType), `dropped by {{${service}}}: {{${errorType}}}`),
        ],
      }),
      timeSeries({
        title: 'Services: queued',
        description: 'How full the queue of the SDK is. At 100 % the next span is lost.',
        unit: 'percentunit',
        size: [8, 8],
        threshold: 1,
        queries: [range(`${METRICS.spanQueueSize.name} / ${METRICS.spanQueueCapacity.name}`, `{{${service}}}`)],
      }),
      timeSeries({
        title: "Relay of the page's spans",
        description: 'What became of the spans that pages sent to the storefront.',
        unit: 'cps',
        size: [8, 8],
        queries: [range(sum(rate(METRICS.browserSpans.name), outcome), `{{${outcome}}}`)],
      }),
      timeSeries({
        title: 'Collector: in and refused',
        description: 'Spans by receiver. It refuses when its memory is full; senders try again for a while.',
        unit: 'cps',
        size: [8, 8],
        queries: [
          range(sum(rate(M.collectorAccepted), 'receiver', 'transport'), '{{receiver}} {{transport}}'),
          range(sum(rate(M.collectorRefused), 'receiver'), 'refused by {{receiver}}'),
        ],
      }),
      timeSeries({
        title: 'Collector: sampling',
        description:
          'Traces a second that were kept or not, and those that were pushed out before the decision: for them there is no memory.',
        unit: 'cps',
        size: [8, 8],
        queries: [
          range(sum(rate(M.tracesDecided), 'decision'), '{{decision}}'),
          range(sum(rate(M.tracesTooEarly)), 'pushed out too early'),
        ],
      }),
      timeSeries({
        title: 'Collector: traces that wait for their decision',
        description: 'Traces in memory whose root has not ended yet, or ended just now.',
        unit: 'short',
        size: [8, 8],
        queries: [range(sum(M.tracesHeld), 'traces')],
      }),
      timeSeries({
        title: 'Collector: out and lost',
        description: 'Spans sent on; those given up after all attempts; those that a full queue had no room for.',
        unit: 'cps',
        size: [8, 8],
        queries: [
          range(sent, 'to {{exporter}}'),
          range(orZero(sum(rate(M.collectorSendFailed), 'exporter'), sent), 'given up for {{exporter}}'),
          range(orZero(sum(rate(M.collectorQueueRefused), 'exporter'), sent), 'no room for {{exporter}}'),
        ],
      }),
      timeSeries({
        title: 'Collector: queued',
        description: 'How full the queue of each exporter is, by signal. It fills while the other end is away.',
        unit: 'percentunit',
        size: [8, 8],
        threshold: 1,
        queries: [
          range(
            `max by (exporter, data_type) (${M.collectorQueueSize} / ${M.collectorQueueCapacity})`,
            '{{data_type}} to {{exporter}}',
          ),
        ],
      }),
      timeSeries({
        title: 'Jaeger: in, stored and lost',
        description: 'Spans that it took, wrote, refused and could not write.',
        unit: 'cps',
        size: [8, 8],
        queries: [
          range(sum(rate(M.jaegerAccepted, JAEGER)), 'in'),
          range(sum(rate(M.jaegerStored, STORE)), 'stored'),
          range(sum(rate(M.jaegerRefused, JAEGER)), 'refused'),
          range(sum(rate(M.jaegerStoreFailed, STORE)), 'not stored'),
        ],
      }),
    ],
  },
];
