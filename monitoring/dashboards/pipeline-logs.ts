import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { rate, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toShop, toSlos } from '../panels/onwards.ts';
import { stat, timeSeries } from '../panels/panels.ts';
import { instant, range } from '../panels/targets.ts';

const { service } = LABELS;
const M = COMPONENT_METRICS;
const SHIPPER = 'job="log-shipper"';
const COLLECTOR = 'job="collector"';
/** One of two ships the files: Promtail, or the collector's file_log receiver, whose series are named as a collector's. */
const read = `${sum(rate(M.promtailLinesRead))} or ${sum(rate(M.collectorLogsAccepted, SHIPPER))}`;
const sentOn = `${sum(rate(M.promtailLinesSent))} or ${sum(rate(M.collectorLogsSent, SHIPPER))}`;
/** With Kafka between two tiers, the workers send. */
const byCollector = ['job=~"collector|worker"', 'exporter="otlp_http/loki"'];

const LOSSES: readonly (readonly [hop: string, counter: string])[] = [
  ['1 given up by the shipper', M.promtailLinesDropped],
  ['2 refused by the collector', M.collectorLogsRefused],
  ['3 turned away by Loki', M.lokiLinesDiscarded],
];

/** From a line in a file to Loki. What comes as OTLP (the database's events, syslog) goes by the collector. */
export const logsPipeline = (): Section => ({
  title: 'Log lines, hop by hop',
  onwards: [toShop, toSlos],
  panels: [
    stat({
      title: 'Log lines lost, by hop',
      description: 'In the time range shown. Every number belongs at 0.',
      unit: 'short',
      decimals: 0,
      size: [24, 4],
      query: instant(
        LOSSES.map(
          ([hop, counter]) => `label_replace(sum(increase(${counter}[$__range])) or vector(0), "hop", "${hop}", "", "")`,
        ).join(' or '),
        '{{hop}}',
      ),
      bad: { above: 1 },
    }),
    timeSeries({
      title: 'Log lines on their way',
      description:
        'Written by the services and by the watcher of the database, read and sent by the shipper, sent by the collector, received by Loki. Read below written means lag; received below sent means loss.',
      unit: 'cps',
      size: [12, 8],
      queries: [
        range(sum(rate(METRICS.logLines.name)), '1 written by the services'),
        range(read, '2 read by the shipper'),
        range(sentOn, '3 sent by the shipper'),
        range(sum(rate(M.collectorLogsSent, ...byCollector)), '3 sent by the collector'),
        range(sum(rate(M.lokiLinesReceived)), '4 received by Loki'),
      ],
    }),
    timeSeries({
      title: 'Written, by service',
      description: 'Lines a second.',
      unit: 'cps',
      size: [12, 8],
      queries: [range(sum(rate(METRICS.logLines.name), service), `{{${service}}}`)],
    }),
    timeSeries({
      title: 'Shipper: bytes behind',
      description: 'What stands in a file and has not been read. It grows while the shipper, or Loki behind it, is away.',
      unit: 'bytes',
      size: [8, 7],
      mayBeEmpty: "Promtail says it; the collector's file_log receiver does not",
      queries: [
        range(`clamp_min(max by (path) (${M.promtailFileBytes}) - max by (path) (${M.promtailBytesRead}), 0)`, '{{path}}'),
      ],
    }),
    timeSeries({
      title: 'Collector: log records in and refused',
      description: 'By receiver; what the shop sends as OTLP goes to the live view only.',
      unit: 'cps',
      size: [8, 7],
      queries: [
        range(sum(rate(M.collectorLogsAccepted, COLLECTOR), 'receiver'), '{{receiver}}'),
        range(sum(rate(M.collectorLogsRefused, COLLECTOR), 'receiver'), 'refused by {{receiver}}'),
      ],
    }),
    timeSeries({
      title: 'Loki: bytes received',
      description: 'What is kept, and paid for.',
      unit: 'Bps',
      size: [8, 7],
      queries: [range(sum(rate(M.lokiBytesReceived)), 'received')],
    }),
  ],
});
