import { LABELS, SPAN_METRICS } from '../../telemetry/signals.ts';
import { rate, ratio, sum } from '../names/promql.ts';

/**
 * One row per edge of the service graph, with the labels that Grafana's node graph reads as columns: `id`, `source`, `target`, `mainstat`
 * (calls a second) and `secondarystat` (share that failed). The panel goes by the columns' own names, which no transformation changes, and
 * calls a query's number "Value": so the two figures travel as text in labels, which `count_values` makes of a number.
 */
export function serviceGraph(): string {
  const { client, serverNode } = LABELS;
  const calls = sum(rate(SPAN_METRICS.edgeRequests), client, serverNode);
  const failures = sum(rate(SPAN_METRICS.edgeFailures), client, serverNode);
  const asText = (label: string, suffix: string, value: string) =>
    `label_replace(count_values by (${client}, ${serverNode}) ("${label}", ${value}), "${label}", "$1 ${suffix}", "${label}", "(.*)")`;
  const figures = [
    asText('mainstat', 'req/s', `round(${calls}, 0.01)`),
    `* on (${client}, ${serverNode}) group_left (secondarystat)`,
    asText('secondarystat', '% failed', `round(100 * (${ratio(failures, calls)}), 0.1)`),
  ].join(' ');
  const join = (of: string, label: string, ...from: string[]) =>
    `label_join(${of}, "${label}", "-", ${from.map((f) => `"${f}"`).join(', ')})`;
  return join(join(join(figures, 'source', client), 'target', serverNode), 'id', client, serverNode);
}
