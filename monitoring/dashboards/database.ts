import { DATABASE, LABELS, LOG_LABELS, METRICS } from '../../telemetry/signals.ts';
import { DATABASE_LABELS, DATABASE_METRICS } from '../names/database-metrics.ts';
import { type Addresses, liveDatabase, PANEL_RANGE, serviceDashboard, variable } from '../names/links.ts';
import { rate, series, sum } from '../names/promql.ts';
import { firingAlerts } from '../panels/firing.ts';
import type { DataLink } from '../panels/grafana.ts';
import type { Section } from '../panels/layout.ts';
import { toHost, toLiveView, toShop } from '../panels/onwards.ts';
import { logs, timeSeries } from '../panels/panels.ts';
import { logQL, range } from '../panels/targets.ts';
import { statementsSection } from './database-statements.ts';

const { database, state, waitType, wait, schema, table, replica } = DATABASE_LABELS;
const m = DATABASE_METRICS;
const [logService, logLevel] = LOG_LABELS;
const LINES = `{${logService}="${DATABASE}"}`;

/** PostgreSQL from what it does to what it holds: sessions, statements, tables, and what it says itself. */
export const databaseSections = (at: Addresses): Section[] => [
  sessionsSection(at),
  statementsSection(at),
  tablesSection(at),
  sayingsSection(at),
];

const sessionsSection = (at: Addresses): Section => ({
  title: 'Sessions',
  onwards: [toLiveView(at), toHost],
  panels: [
    firingAlerts(at, [8, 8], 'alertname=~"Database.*|HostDisk.*"'),
    timeSeries({
      title: 'Connections',
      description: 'Sessions by what they do; at the line the server turns everybody away.',
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(m.sessions, state), `{{${state}}}`), range(`max(${m.connectionMax})`, 'limit')],
    }),
    timeSeries({
      title: 'Working and waiting',
      description: 'Sessions that are active, by what they wait for; CPU: they wait for nothing. From a sample each second.',
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(series(m.sessions, `${state}="active"`), waitType, wait), `{{${waitType}}} {{${wait}}}`)],
    }),
    timeSeries({
      title: 'Waiting for a lock',
      description:
        'Sessions that another one keeps from going on, and how long the longest has waited. The live view shows who waits for whom.',
      unit: 'short',
      size: [8, 7],
      queries: [range(`max(${m.blocked})`, 'sessions'), range(`max(${m.lockWait})`, 'longest wait, seconds')],
      links: [{ title: 'Who waited for whom, in the live view', url: liveDatabase(at), targetBlank: true }],
    }),
    timeSeries({
      title: 'Oldest transactions',
      description:
        'How old the oldest open transaction is, and how long the longest has been doing nothing. Both keep dead rows alive.',
      unit: 's',
      size: [8, 7],
      queries: [range(`max(${m.oldestTransaction})`, 'oldest'), range(`max(${m.idleTransaction})`, 'idle in transaction')],
    }),
    timeSeries({
      title: 'Deadlocks',
      description: 'Transactions that were failed because two waited for each other. Belongs at 0.',
      unit: 'short',
      size: [8, 7],
      bars: true,
      queries: [range(`${sum(`increase(${m.deadlocks}[$__rate_interval])`, database)}`, `{{${database}}}`)],
    }),
  ],
});

const tablesSection = (at: Addresses): Section => ({
  title: 'Tables',
  onwards: [toLiveView(at), toShop],
  panels: [
    timeSeries({
      title: 'Dead rows',
      description: 'Old versions of rows that no vacuum has removed yet.',
      unit: 'short',
      size: [8, 8],
      queries: [range(series(m.rows, 'state="dead"', `${table}!=""`), `{{${table}}}`)],
    }),
    timeSeries({
      title: 'Rows read by sequential scans',
      description: 'Rows a second that were read from end to end of a table. Much of it to find little wants an index.',
      unit: 'cps',
      size: [8, 8],
      queries: [range(sum(rate(m.sequentialRows), schema, table), `{{${schema}}}.{{${table}}}`)],
    }),
    timeSeries({
      title: 'Size of tables and indexes',
      description: 'On disk. A table that grows without having more rows is bloated.',
      unit: 'bytes',
      size: [8, 8],
      queries: [
        range(series(m.tableSize, `${table}!=""`), `{{${table}}}`),
        range(sum(series(m.indexSize, `${table}!=""`), table), `indexes of {{${table}}}`),
      ],
    }),
    timeSeries({
      title: 'Transactions',
      description: 'Committed and rolled back, a second.',
      unit: 'ops',
      size: [6, 7],
      queries: [range(sum(rate(m.commits)), 'committed'), range(sum(rate(m.rollbacks)), 'rolled back')],
    }),
    timeSeries({
      title: 'Transaction ids used up',
      description:
        'Age of the oldest id that counts, of the two thousand million that there are. Autovacuum starts on it at a tenth.',
      unit: 'percentunit',
      size: [6, 7],
      queries: [range(`max by (${database}) (${m.transactionIdAge}) / 2^31`, `{{${database}}}`)],
    }),
    timeSeries({
      title: 'Size of databases',
      description: 'On disk, indexes and all.',
      unit: 'bytes',
      size: [6, 7],
      queries: [range(m.databaseSize, `{{${database}}}`)],
    }),
    timeSeries({
      title: 'Replicas behind',
      description: 'Bytes that a replica has not replayed: what would be lost if it had to take over now.',
      unit: 'bytes',
      size: [6, 7],
      mayBeEmpty: 'this stack has one server and no replica',
      queries: [range(`max by (${replica}) (${m.replicationDelay})`, `{{${replica}}}`)],
    }),
  ],
});

const sayingsSection = (at: Addresses): Section => {
  const links: DataLink[] = [
    {
      title: 'Dashboard of the service',
      url: serviceDashboard(variable('__field.labels.service_name'), PANEL_RANGE),
      targetBlank: false,
    },
  ];
  return {
    title: 'What it says',
    onwards: [toLiveView(at), toShop],
    panels: [
      timeSeries({
        title: 'Log lines of PostgreSQL by level',
        description: 'A second. The errors of statements are among them, each with the trace that ran it.',
        unit: 'cps',
        size: [8, 7],
        queries: [range(sum(rate(m.logLines), 'level'), '{{level}}')],
      }),
      timeSeries({
        title: 'Connections of services to it',
        description: 'As the pools of the services count them.',
        unit: 'short',
        size: [8, 7],
        queries: [range(sum(METRICS.poolConnections.name, LABELS.service), `{{${LABELS.service}}}`)],
        links,
      }),
      timeSeries({
        title: 'Cost of watching',
        description: "Share of the time that the watcher's own questions take; its statements are in none of the other panels.",
        unit: 'percentunit',
        size: [8, 7],
        queries: [range(rate(m.watchTime), 'of one session')],
      }),
      logs({
        title: 'Slow statements, waits and errors',
        description: 'Lines of the server, their literals masked. A line of a request has its trace id: click it.',
        size: [24, 12],
        mayBeEmpty: 'nothing is slow, waits or fails on a healthy shop',
        query: logQL(`${LINES} |~ "duration: |waiting for|deadlock|${logLevel}\\":\\"(warn|error|fatal)"`),
      }),
    ],
  };
};
