import { DATABASE, LABELS, METRICS, SPAN_METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { CHOSEN, quantile, rate, series, sum } from '../names/promql.ts';
import type { Section } from './layout.ts';
import { timeSeries } from './panels.ts';
import { range } from './targets.ts';

const { service, poolState, client, serverNode } = LABELS;
const legend = `{{${service}}}`;

export const databaseSection = (): Section => ({
  title: 'Database: $service',
  panels: [
    timeSeries({
      title: 'Connections by state',
      description: "Connections to PostgreSQL in each service's pool. All of them in use for long means that requests wait.",
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(series(METRICS.poolConnections.name, CHOSEN), service, poolState), `${legend} {{${poolState}}}`)],
    }),
    timeSeries({
      title: 'Waiting for a connection',
      description:
        'Requests that wait until a connection of the pool is free. Above 0 the pool is too small or a query too slow.',
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(series(METRICS.poolWaiting.name, CHOSEN), service), legend)],
    }),
    timeSeries({
      title: 'Duration of a database call, p95',
      description: 'By calling service, from the spans of its queries.',
      unit: 's',
      size: [8, 8],
      queries: [range(quantile(0.95, SPAN_METRICS.edgeServerDuration, [client], `${serverNode}="${DATABASE}"`), `{{${client}}}`)],
    }),
  ],
});

export const runtimeSection = (): Section => ({
  title: 'Node.js: $service',
  panels: [
    timeSeries({
      title: 'Event loop lag, p99',
      description: 'How late timers fire. Every request waits at least this long while it is high.',
      unit: 's',
      size: [8, 8],
      queries: [range(series(COMPONENT_METRICS.eventLoopLag, CHOSEN), legend)],
    }),
    timeSeries({
      title: 'Memory',
      description:
        'Resident memory of the process, and the part that the JavaScript heap uses. A heap that only grows is a leak.',
      unit: 'bytes',
      size: [8, 8],
      queries: [
        range(series(COMPONENT_METRICS.residentMemory, CHOSEN), `${legend} resident`),
        range(series(COMPONENT_METRICS.heapUsed, CHOSEN), `${legend} heap`),
      ],
    }),
    timeSeries({
      title: 'CPU',
      description: 'Share of one core. JavaScript runs on one thread: near 100 % the service is at its limit.',
      unit: 'percentunit',
      size: [8, 8],
      queries: [range(rate(COMPONENT_METRICS.cpu, CHOSEN), legend)],
    }),
  ],
});
