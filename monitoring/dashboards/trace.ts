import { LABELS, LOG_LABELS, METRICS, TRACE_ID } from '../../telemetry/signals.ts';
import type { Addresses } from '../names/links.ts';
import { CHOSEN, FAILED, quantile, rate, ratio, SERVED, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toJaeger, toLiveTrace, toShop, toSlos } from '../panels/onwards.ts';
import { logs, timeSeries, trace } from '../panels/panels.ts';
import { logQL, range } from '../panels/targets.ts';

const { service } = LABELS;

/** One trace with everything known about it; what every link to a trace opens. */
export const traceSections = (at: Addresses): Section[] => [
  {
    title: 'Trace $traceId',
    onwards: [toJaeger(at), toLiveTrace(at)],
    panels: [
      trace({
        title: 'Trace',
        description: 'The trace whose id stands in the box above.',
        size: [24, 14],
        traceId: '$traceId',
      }),
      logs({
        title: 'Logs of this trace',
        description: 'What all services logged in it, oldest first. No lines although the trace is there? Widen the time range.',
        size: [24, 9],
        query: logQL(`{${LOG_LABELS[0]}=~".+"} | ${TRACE_ID}="$traceId"`, { direction: 'forward' }),
      }),
    ],
  },
  {
    title: 'Services at that time: $service',
    onwards: [toShop, toSlos],
    panels: [
      timeSeries({
        title: 'Request rate',
        description: 'Requests a second that each service answers.',
        unit: 'reqps',
        size: [8, 8],
        queries: [range(sum(rate(SERVED, CHOSEN), service), `{{${service}}}`)],
      }),
      timeSeries({
        title: 'Error ratio',
        description: "Share of each service's answers with a status of 500 or more.",
        unit: 'percentunit',
        size: [8, 8],
        queries: [range(ratio(sum(rate(SERVED, CHOSEN, FAILED), service), sum(rate(SERVED, CHOSEN), service)), `{{${service}}}`)],
      }),
      timeSeries({
        title: 'Duration, p95',
        description: '19 of 20 requests to a service are answered within this time. Each diamond opens another trace.',
        unit: 's',
        size: [8, 8],
        queries: [range(quantile(0.95, METRICS.requestDuration.name, [service], CHOSEN), `{{${service}}}`, { exemplar: true })],
      }),
    ],
  },
];
