/** Room dashboards: what people look at and click, Grafana's dashboards and the links on Jaeger's page. */
import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { DASHBOARD_UIDS, DATASOURCES } from '../names/datasources.ts';
import type { Addresses } from '../names/links.ts';
import { ENTRANCE } from '../names/promql.ts';
import type { Dashboard } from '../panels/grafana.ts';
import { layOut, type Section } from '../panels/layout.ts';
import { SLO_SERIES } from '../rules/slo-series.ts';
import { ANNOTATIONS } from './annotations.ts';
import { databaseSections } from './database.ts';
import { homeSections } from './home.ts';
import { hostSections } from './host.ts';
import { pipelineSections } from './pipeline.ts';
import { serviceSections } from './service.ts';
import { sloSections } from './slo-board.ts';
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
  sections: Section[];
}

/** Every dashboard. To add one, add a row. */
export const dashboards = (at: Addresses): DashboardTable[] => [
  {
    uid: DASHBOARD_UIDS.home,
    title: 'Shop',
    description: 'Whether something is wrong, what visitors get, what each service does, its traces and its logs.',
    refresh: '10s',
    from: 'now-15m',
    variables: [services({ multi: true })],
    sections: homeSections(at),
  },
  {
    uid: DASHBOARD_UIDS.service,
    title: 'Service',
    description: 'One service: what is promised, what it answers, its neighbours, how full it is, its traces and its logs.',
    refresh: '10s',
    from: 'now-15m',
    variables: [services({ multi: false })],
    sections: serviceSections(at),
  },
  {
    uid: DASHBOARD_UIDS.slos,
    title: 'SLOs',
    description: 'What is promised, what is left of each error budget, how fast it goes and until when it lasts.',
    refresh: '1m',
    from: 'now-6h',
    variables: [
      { ...choice('slo', 'Promise', `label_values(${SLO_SERIES.objective},sloth_id)`), multi: true, includeAll: true, ...ALL },
    ],
    sections: sloSections(at),
  },
  {
    uid: DASHBOARD_UIDS.database,
    title: 'Database',
    description: 'PostgreSQL: who works and who waits for whom, the dearest statements, its tables, and what it says itself.',
    refresh: '10s',
    from: 'now-15m',
    variables: [],
    sections: databaseSections(at),
  },
  {
    uid: DASHBOARD_UIDS.host,
    title: 'Host',
    description: 'The machine that all of it runs on: processor, memory, disks, network, and what comes by syslog.',
    refresh: '10s',
    from: 'now-1h',
    variables: [],
    sections: hostSections(at),
  },
  {
    uid: DASHBOARD_UIDS.pipeline,
    title: 'Pipeline',
    description:
      'The way of the telemetry itself, hop by hop: what came in, went on, was refused, waits or was lost, and how late it is.',
    refresh: '10s',
    from: 'now-15m',
    variables: [],
    sections: pipelineSections(at),
  },
  {
    uid: DASHBOARD_UIDS.trace,
    title: 'Trace',
    description: 'One trace, what was logged in it, and how the services did at that time.',
    from: 'now-1h',
    variables: [
      { type: 'textbox', name: 'traceId', label: 'Trace id', query: '', current: { text: '', value: '' } },
      services({ multi: true }),
    ],
    sections: traceSections(at),
  },
];

/** The classic JSON of a dashboard. Its version stays 1: Grafana takes a provisioned file by its content. */
export const dashboardJson = (table: DashboardTable, at: Addresses): Dashboard => ({
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
  annotations: { list: ANNOTATIONS.map(({ mayBeEmpty: _, ...annotation }) => annotation) },
  templating: { list: table.variables },
  links: linksFrom(table.uid, at),
  panels: layOut(table.sections),
});

type Variable = DashboardTable['variables'][number];

/** Read again when the time range changes. */
const choice = (name: string, label: string, query: string): Variable => ({
  type: 'query',
  name,
  label,
  datasource: DATASOURCES.prometheus,
  query: { qryType: 1, query, refId: name },
  refresh: 2,
  sort: 1,
});
const ALL = { allValue: '.+', current: { text: ['All'], value: ['$__all'] } };

/** Services that Prometheus knows. */
const services = ({ multi }: { multi: boolean }): Variable => ({
  ...choice('service', 'Service', `label_values(${METRICS.requestDuration.name}_count,${LABELS.service})`),
  multi,
  includeAll: multi,
  ...(multi ? ALL : { current: { text: ENTRANCE, value: ENTRANCE } }),
});

/** The other dashboards, at the same time range, and the other pages. */
const linksFrom = (uid: string, at: Addresses): NonNullable<Dashboard['links']> => [
  ...dashboards(at)
    .filter((table) => table.uid !== uid)
    .map((table) => link(table.title, `/d/${table.uid}`, false)),
  link('Live view', at.live, true),
  link('Jaeger', at.jaeger, true),
];

const link = (title: string, url: string, targetBlank: boolean): NonNullable<Dashboard['links']>[number] => ({
  type: 'link',
  title,
  url,
  targetBlank,
  icon: targetBlank ? 'external link' : 'dashboard',
  tooltip: '',
  tags: [],
  asDropdown: false,
  includeVars: false,
  keepTime: !targetBlank,
});
