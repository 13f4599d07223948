import { LABELS, LOG_LABELS } from '../../telemetry/signals.ts';
import {
  type Addresses,
  jaegerSearch,
  jaegerTrace,
  PANEL_RANGE,
  serviceDashboard,
  traceDashboard,
  variable,
} from '../names/links.ts';
import { ENTRANCE } from '../names/promql.ts';
import type { DataLink } from '../panels/grafana.ts';
import type { Section } from '../panels/layout.ts';
import { toLiveView, toPipeline, toShop } from '../panels/onwards.ts';
import { logs, nodeGraph, type Placed, timeSeries } from '../panels/panels.ts';
import { traceTable } from '../panels/tables.ts';
import { logQL } from '../panels/targets.ts';
import { serviceGraph } from './service-graph.ts';

const [logService, logLevel] = LOG_LABELS;
const chosenLogs = `{${logService}=~"$service"}`;

/** The service graph, and traces that came in at the entrance. */
export function tracesSection(at: Addresses): Section {
  const tracesOf = (end: string): DataLink[] => {
    const value = variable(`__data.fields.${end}`);
    return [
      { title: `Dashboard of ${value}`, url: serviceDashboard(value), targetBlank: false },
      { title: `Traces of ${value} in Jaeger`, url: jaegerSearch(at, value), targetBlank: true },
    ];
  };
  return {
    title: 'Traces',
    onwards: [toLiveView(at), toPipeline],
    panels: [
      nodeGraph({
        title: 'Service graph',
        description:
          'Who calls whom, from spans: calls a second and the share that failed (for a caller that is 400 or more). Click an edge for its ends.',
        size: [24, 12],
        expr: serviceGraph(),
        links: { [LABELS.client]: tracesOf(LABELS.client), [LABELS.serverNode]: tracesOf(LABELS.serverNode) },
      }),
      ...traceTables(at, ENTRANCE, [8, 9]),
    ],
  };
}

/** The newest traces of a service, those that were slow in it, and those that failed in it. */
export function traceTables(at: Addresses, service: string, size: Placed['size']): Placed[] {
  const links = [
    { title: 'Open with its logs and metrics', url: traceDashboard(variable('__value.raw'), PANEL_RANGE), targetBlank: false },
    { title: 'Open in Jaeger', url: jaegerTrace(at, variable('__value.raw')), targetBlank: true },
  ];
  return [
    traceTable({
      title: 'Recent traces',
      description: `The newest traces that ${service} took part in. Click a trace id to open it.`,
      size,
      search: { service },
      sortBy: 'Start time',
      links,
    }),
    traceTable({
      title: 'Slow traces',
      description: `Traces in which a span of ${service} took 250 ms or more, slowest first.`,
      size,
      search: { service, minDuration: '250ms' },
      sortBy: 'Duration',
      links,
      mayBeEmpty: 'a shop at ease answers every request in less',
    }),
    traceTable({
      title: 'Failed traces',
      description: `Traces in which ${service} answered 500 or more, or got 400 or more from a service it called; newest first.`,
      size,
      search: { service, tags: 'error=true' },
      sortBy: 'Start time',
      links,
      mayBeEmpty: 'nothing fails unless an order is refused or a fault is switched on',
    }),
  ];
}

export const logsSection = (at: Addresses): Section => ({
  title: 'Logs: $service',
  onwards: [toShop, toLiveView(at)],
  panels: [
    timeSeries({
      title: 'Log lines by level',
      description: 'Lines that Loki holds, counted per interval.',
      unit: 'short',
      size: [24, 5],
      bars: true,
      queries: [logQL(`sum by (${logLevel}) (count_over_time(${chosenLogs}[$__interval]))`, { legendFormat: `{{${logLevel}}}` })],
    }),
    logs({
      title: 'Log lines',
      description: 'The newest lines of the chosen services. Open a line for the links to its trace.',
      size: [24, 12],
      query: logQL(chosenLogs),
    }),
  ],
});
