/** Room dashboards: what people look at and click, Grafana's dashboards and the links on Jaeger's page. */
import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { DASHBOARD_UIDS, DATASOURCES } from '../names/datasources.ts';
import { type Addresses, jaegerTrace, liveTrace, variable } from '../names/links.ts';
import type { Dashboard } from './grafana.ts';
import { homeSections } from './home.ts';
import { layOut, type Section } from './layout.ts';
import { traceSections } from './trace.ts';

/** A dashboard before it is laid out; the file is named after the uid. */
export interface DashboardTable {
  uid: string;
  title: string;
  description: string;
  /** Grafana's notation, e.g. `10s`; none: the reader reloads. */
  refresh?: string;
  from: string;
  variables: NonNullable<NonNullable<Dashboard['templating']>['list']>;
  links: NonNullable<Dashboard['links']>;
  sections: Section[];
}

/** Every dashboard. To add one, add a row. */
export const dashboards = (at: Addresses): DashboardTable[] => [
  {
    uid: DASHBOARD_UIDS.home,
    title: 'Shop',
    description: 'What visitors get, what each service does, its traces and logs, and whether the telemetry can be trusted.',
    refresh: '10s',
    from: 'now-15m',
    variables: [serviceVariable],
    links: [
      link('Live view', at.live, true),
      link('Jaeger', at.jaeger, true),
      link('A trace by its id', `/d/${DASHBOARD_UIDS.trace}`, false),
    ],
    sections: homeSections(at),
  },
  {
    uid: DASHBOARD_UIDS.trace,
    title: 'Trace',
    description: 'One trace, what was logged in it, and how the services did at that time.',
    from: 'now-1h',
    variables: [
      { type: 'textbox', name: 'traceId', label: 'Trace id', query: '', current: { text: '', value: '' } },
      serviceVariable,
    ],
    links: [
      link('This trace in Jaeger', jaegerTrace(at, variable('traceId')), true),
      link('This trace in the live view', liveTrace(at, variable('traceId')), true),
      link('Shop', `/d/${DASHBOARD_UIDS.home}`, false),
    ],
    sections: traceSections(),
  },
];

/** The classic JSON of a dashboard. Its version stays 1: Grafana takes a provisioned file by its content. */
export const dashboardJson = (table: DashboardTable): Dashboard => ({
  uid: table.uid,
  title: table.title,
  description: table.description,
  tags: ['generated'],
  schemaVersion: 42,
  version: 1,
  editable: false,
  graphTooltip: 1,
  timezone: 'browser',
  time: { from: table.from, to: 'now' },
  ...(table.refresh && { refresh: table.refresh }),
  annotations: { list: [] },
  templating: { list: table.variables },
  links: table.links,
  panels: layOut(table.sections),
});

/** Services that Prometheus knows; read again when the time range changes. */
const serviceVariable: DashboardTable['variables'][number] = {
  type: 'query',
  name: 'service',
  label: 'Service',
  datasource: DATASOURCES.prometheus,
  query: { qryType: 1, query: `label_values(${METRICS.requestDuration.name}_count,${LABELS.service})`, refId: 'service' },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.+',
  current: { text: ['All'], value: ['$__all'] },
};

const link = (title: string, url: string, targetBlank: boolean): DashboardTable['links'][number] => ({
  type: 'link',
  title,
  url,
  targetBlank,
  icon: targetBlank ? 'external link' : 'dashboard',
  tooltip: '',
  tags: [],
  asDropdown: false,
  includeVars: false,
  keepTime: false,
});
