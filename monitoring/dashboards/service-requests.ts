import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { type Addresses, serviceDashboard, variable } from '../names/links.ts';
import { CHOSEN, FAILED, quantile, rate, ratio, SERVED, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toLive, toSlos, toTraces } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const { method, route, status, server } = LABELS;
const { requestDuration, outboundDuration } = METRICS;
const CALLS = `${outboundDuration.name}_count`;
const LEGEND = `{{${method}}} {{${route}}}`;

/** Rate, errors and duration of one service, by route. */
export const requestsSection = (at: Addresses): Section => ({
  title: 'Requests of $service',
  onwards: [toTraces(at, '$service'), toLive(at, '$service'), toSlos],
  panels: [
    timeSeries({
      title: 'Requests by route',
      description: 'Requests a second that it answers.',
      unit: 'reqps',
      size: [8, 8],
      queries: [range(sum(rate(SERVED, CHOSEN), method, route), LEGEND)],
    }),
    timeSeries({
      title: 'Errors by route',
      description: 'Share of its answers with a status of 500 or more.',
      unit: 'percentunit',
      size: [8, 8],
      queries: [range(ratio(sum(rate(SERVED, CHOSEN, FAILED), method, route), sum(rate(SERVED, CHOSEN), method, route)), LEGEND)],
    }),
    timeSeries({
      title: 'Answers by status',
      description: 'Answers a second; 499 stands for a caller that left before there was one.',
      unit: 'reqps',
      size: [8, 8],
      queries: [range(sum(rate(SERVED, CHOSEN), status), `{{${status}}}`)],
    }),
    timeSeries({
      title: 'Duration: p50, p95, p99',
      description: 'Time to answer a request. Each diamond is one request: click it to open its trace.',
      unit: 's',
      size: [12, 9],
      queries: [0.5, 0.95, 0.99].map((q) =>
        range(quantile(q, requestDuration.name, [], CHOSEN), `p${q * 100}`, { exemplar: true }),
      ),
    }),
    timeSeries({
      title: 'Duration, p95 by route',
      description: '19 of 20 requests to a route are answered within this time.',
      unit: 's',
      size: [12, 9],
      queries: [range(quantile(0.95, requestDuration.name, [method, route], CHOSEN), LEGEND, { exemplar: true })],
    }),
  ],
});

const CALLS_NOBODY = 'Empty for inventory and payments, which call no other service.';

/** Whom it calls over HTTP, as itself measured it: a callee that is away has no spans and no metrics. */
export function callsSection(at: Addresses): Section {
  const callee = variable(`__field.labels.${server}`);
  const links = [{ title: `Dashboard of ${callee}`, url: serviceDashboard(callee), targetBlank: false }];
  const failed = `${status}=~"none|5.."`;
  return {
    title: 'Calls of $service to other services',
    onwards: [toTraces(at, '$service')],
    panels: [
      timeSeries({
        title: 'Calls by callee',
        description: `Attempts a second, retries among them. ${CALLS_NOBODY}`,
        unit: 'reqps',
        size: [8, 8],
        links,
        queries: [range(sum(rate(CALLS, CHOSEN), server), `{{${server}}}`)],
      }),
      timeSeries({
        title: 'Calls that failed',
        description: 'Attempts a second that were answered with 500 or more, or not at all ("none").',
        unit: 'reqps',
        size: [8, 8],
        links,
        mayBeEmpty: 'no call fails on a healthy shop',
        queries: [range(sum(rate(CALLS, CHOSEN, failed), server, status), `{{${server}}} {{${status}}}`)],
      }),
      timeSeries({
        title: 'Duration of a call, p95',
        description: `As the caller sees it: the network, and the wait for a connection, are part of it. ${CALLS_NOBODY}`,
        unit: 's',
        size: [8, 8],
        links,
        queries: [range(quantile(0.95, outboundDuration.name, [server], CHOSEN), `{{${server}}}`, { exemplar: true })],
      }),
    ],
  };
}
