import { LABELS, SPAN_METRICS } from '../../telemetry/signals.ts';
import { type Addresses, serviceDashboard, variable } from '../names/links.ts';
import { quantile, rate, ratio, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toShop, toTraces } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const { client, serverNode } = LABELS;
const { edgeRequests, edgeFailures, edgeServerDuration } = SPAN_METRICS;

/** Who calls it and whom it uses, from spans: the two ends of each edge of the service graph. */
export function neighboursSection(at: Addresses): Section {
  const edges = (own: string, other: string) => {
    const matcher = `${own}=~"$service"`;
    const calls = sum(rate(edgeRequests, matcher), other);
    return { calls, failed: ratio(sum(rate(edgeFailures, matcher), other), calls), matcher };
  };
  const callers = edges(serverNode, client);
  const used = edges(client, serverNode);
  const to = (label: string) => {
    const value = variable(`__field.labels.${label}`);
    return [{ title: `Dashboard of ${value}`, url: serviceDashboard(value), targetBlank: false }];
  };
  return {
    title: 'Neighbours of $service',
    onwards: [toTraces(at, '$service'), toShop],
    panels: [
      timeSeries({
        title: 'Requests by caller',
        description: 'Who calls it, a second; "user" is a caller that sends no spans.',
        unit: 'reqps',
        size: [8, 7],
        links: to(client),
        queries: [range(callers.calls, `{{${client}}}`)],
      }),
      timeSeries({
        title: 'Failed for its callers',
        description: "Share of a caller's requests that failed, as the caller has it: 400 and more, or no answer.",
        unit: 'percentunit',
        size: [8, 7],
        links: to(client),
        queries: [range(callers.failed, `{{${client}}}`)],
      }),
      timeSeries({
        title: 'Duration by caller, p95',
        description: 'As it sees the requests itself.',
        unit: 's',
        size: [8, 7],
        links: to(client),
        queries: [range(quantile(0.95, edgeServerDuration, [client], callers.matcher), `{{${client}}}`)],
      }),
      timeSeries({
        title: 'Uses',
        description: 'Whom it calls, a second: other services and the database.',
        unit: 'reqps',
        size: [8, 7],
        links: to(serverNode),
        queries: [range(used.calls, `{{${serverNode}}}`)],
      }),
      timeSeries({
        title: 'Failed by whom it uses',
        description: 'Share of its calls that failed: 400 and more, no answer, or an error of the database.',
        unit: 'percentunit',
        size: [8, 7],
        links: to(serverNode),
        queries: [range(used.failed, `{{${serverNode}}}`)],
      }),
      timeSeries({
        title: 'Duration by whom it uses, p95',
        description: 'As the other end sees it; a database is seen from here.',
        unit: 's',
        size: [8, 7],
        links: to(serverNode),
        queries: [range(quantile(0.95, edgeServerDuration, [serverNode], used.matcher), `{{${serverNode}}}`)],
      }),
    ],
  };
}
