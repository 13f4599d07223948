import { LABELS, LOG_LABELS } from '../../telemetry/signals.ts';
import { type Addresses, jaegerSearch, jaegerTrace, PANEL_RANGE, traceDashboard, variable } from '../names/links.ts';
import { ENTRANCE } from '../names/promql.ts';
import type { DataLink } from './grafana.ts';
import type { Section } from './layout.ts';
import { logs, nodeGraph, timeSeries, traceTable } from './panels.ts';
import { serviceGraph } from './service-graph.ts';
import { logQL } from './targets.ts';

const [logService, logLevel] = LOG_LABELS;
const chosenLogs = `{${logService}=~"$service"}`;

export function tracesSection(at: Addresses): Section {
  const links = [
    { title: 'Open with its logs and metrics', url: traceDashboard(variable('__value.raw'), PANEL_RANGE), targetBlank: false },
    { title: 'Open in Jaeger', url: jaegerTrace(at, variable('__value.raw')), targetBlank: true },
  ];
  const tracesOf = (end: string): DataLink[] => {
    const value = variable(`__data.fields.${end}`);
    return [{ title: `Traces of ${value} in Jaeger`, url: jaegerSearch(at, value), targetBlank: true }];
  };
  return {
    title: 'Traces',
    panels: [
      nodeGraph({
        title: 'Service graph',
        description:
          'Who calls whom, from spans: calls a second and the share that failed (for a caller that is 400 or more). Click an edge for the traces of its ends.',
        size: [12, 12],
        expr: serviceGraph(),
        links: { [LABELS.client]: tracesOf(LABELS.client), [LABELS.serverNode]: tracesOf(LABELS.serverNode) },
      }),
      traceTable({
        title: 'Recent traces',
        description: 'The newest traces that came in through the storefront. Click a trace id to open it.',
        size: [12, 12],
        search: { service: ENTRANCE },
        sortBy: 'Start time',
        links,
      }),
      traceTable({
        title: 'Slow traces',
        description: 'Traces with a storefront span of 250 ms or more, slowest first.',
        size: [12, 8],
        search: { service: ENTRANCE, minDuration: '250ms' },
        sortBy: 'Duration',
        links,
        mayBeEmpty: 'a shop at ease answers every request in less',
      }),
      traceTable({
        title: 'Failed traces',
        description:
          'Traces in which the storefront answered 500 or more, or got 400 or more from a service it called; newest first.',
        size: [12, 8],
        search: { service: ENTRANCE, tags: 'error=true' },
        sortBy: 'Start time',
        links,
        mayBeEmpty: 'nothing fails unless an order is refused or a fault is switched on',
      }),
    ],
  };
}

export const logsSection = (): Section => ({
  title: 'Logs: $service',
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
