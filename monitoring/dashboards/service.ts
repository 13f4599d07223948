import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import type { Addresses } from '../names/links.ts';
import { CHOSEN, rate, SERVED, series, sum } from '../names/promql.ts';
import { budgetLeft } from '../panels/budget.ts';
import { firingAlerts } from '../panels/firing.ts';
import type { Section } from '../panels/layout.ts';
import { toLive, toShop, toSlos, toTraces } from '../panels/onwards.ts';
import { stat, timeSeries } from '../panels/panels.ts';
import { instant, range } from '../panels/targets.ts';
import { neighboursSection } from './service-neighbours.ts';
import { callsSection, requestsSection } from './service-requests.ts';
import { saturationSection } from './service-saturation.ts';
import { logsSection, traceTables } from './traces-and-logs.ts';

/** One service from the outside to the inside: what is promised, what it answers, with whom it works, how full it is, and what it did. */
export const serviceSections = (at: Addresses): Section[] => [
  stateSection(at),
  requestsSection(at),
  neighboursSection(at),
  callsSection(at),
  saturationSection(at),
  {
    title: 'Traces of $service',
    onwards: [toTraces(at, '$service'), toLive(at, '$service')],
    panels: traceTables(at, '$service', [8, 10]),
  },
  {
    ...logsSection(at),
    panels: [linesPerRequest(), ...logsSection(at).panels],
  },
];

const stateSection = (at: Addresses): Section => ({
  title: 'State of $service',
  onwards: [toSlos, toShop],
  panels: [
    firingAlerts(at, [10, 6], CHOSEN),
    budgetLeft([8, 6], ['sloth_service=~"$service"']),
    stat({
      title: 'Version',
      description: 'The release that runs, by service.version; two of them while a deploy is under way.',
      unit: 'none',
      size: [3, 6],
      query: instant(`count by (${LABELS.version}) (${series(METRICS.targetInfo.name, CHOSEN)})`, `{{${LABELS.version}}}`),
      show: 'name',
    }),
    stat({
      title: 'Running for',
      description: 'Time since the process started. A crash or a deploy begins it anew.',
      unit: 's',
      decimals: 0,
      size: [3, 6],
      query: instant(`time() - ${series(COMPONENT_METRICS.processStart, CHOSEN)}`, 'running'),
    }),
  ],
});

const linesPerRequest = () =>
  timeSeries({
    title: 'Log lines a request',
    description: 'Lines it writes for each request that it answers. A storm of lines drowns what matters, and is paid for.',
    unit: 'short',
    size: [24, 5],
    queries: [range(`${sum(rate(METRICS.logLines.name, CHOSEN))} / ${sum(rate(SERVED, CHOSEN))}`, 'lines')],
  });
