import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import type { Addresses } from '../names/links.ts';
import { MEMORY } from '../names/memory.ts';
import { CHOSEN, rate, series, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toLive, toShop } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const { poolState, method } = LABELS;
const NO_DATABASE = 'Empty for the storefront, which has no database.';
const LIMIT = MEMORY.find(({ job }) => job === 'shop')?.limit ?? Number.NaN;

/** How full it is. */
export const saturationSection = (at: Addresses): Section => ({
  title: 'Saturation of $service',
  onwards: [toLive(at, '$service'), toShop],
  panels: [
    timeSeries({
      title: 'Event loop lag, p99',
      description: 'How late timers fire. Every request waits at least this long while it is high.',
      unit: 's',
      size: [8, 8],
      queries: [range(series(COMPONENT_METRICS.eventLoopLag, CHOSEN), 'lag')],
    }),
    timeSeries({
      title: 'CPU',
      description: 'Share of one core. JavaScript runs on one thread: near 100 % the service is at its limit.',
      unit: 'percentunit',
      size: [8, 8],
      queries: [range(rate(COMPONENT_METRICS.cpu, CHOSEN), 'of a core')],
    }),
    timeSeries({
      title: 'Memory against its limit',
      description: `Resident memory, and the part of it that the JavaScript heap uses. At the line, ${LIMIT} MiB, the process is killed. What only grows is a leak.`,
      unit: 'bytes',
      size: [8, 8],
      threshold: LIMIT * 2 ** 20,
      queries: [
        range(series(COMPONENT_METRICS.residentMemory, CHOSEN), 'resident'),
        range(series(COMPONENT_METRICS.heapUsed, CHOSEN), 'heap'),
      ],
    }),
    timeSeries({
      title: 'In flight',
      description: 'Requests that it is answering now.',
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(series(METRICS.activeRequests.name, CHOSEN), method), `{{${method}}}`)],
    }),
    timeSeries({
      title: 'Database connections',
      description: `Connections to PostgreSQL in its pool. All of them in use for long means that requests wait. ${NO_DATABASE}`,
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(series(METRICS.poolConnections.name, CHOSEN), poolState), `{{${poolState}}}`)],
    }),
    timeSeries({
      title: 'Waiting for a connection',
      description: `Requests that wait until a connection of the pool is free. Above 0 the pool is too small or a query too slow. ${NO_DATABASE}`,
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(series(METRICS.poolWaiting.name, CHOSEN)), 'waiting')],
    }),
  ],
});
