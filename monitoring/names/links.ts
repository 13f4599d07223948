import { DASHBOARD_UIDS, type DataSource } from './datasources.ts';

/** Where a browser reaches the pages, e.g. `http://localhost:3000`. */
export interface Addresses {
  grafana: string;
  jaeger: string;
  live: string;
}

/** The browser's addresses from the ports of .env. */
export function addressesOf(env: Record<string, string | undefined>): Addresses {
  const address = (port: string) => {
    const value = env[port];
    if (!value || !/^\d+$/.test(value)) throw new Error(`.env: ${port} is "${value ?? ''}"; give it a port number`);
    return `http://localhost:${value}`;
  };
  return { grafana: address('GRAFANA_PORT'), jaeger: address('JAEGER_PORT'), live: address('LIVE_PORT') };
}

/** A dashboard's time range as a query string: where the reader came from. `from` and `to` are epoch milliseconds, ISO times or placeholders. */
export const between = (from: string, to: string): string => `from=${from}&to=${to}`;

/** A variable that Grafana fills in when a link is drawn, e.g. `__value.raw`. */
export const variable = (name: string): string => `\${${name}}`;

/** The range that a Grafana panel shows, in its links. */
export const PANEL_RANGE = between(variable('__from'), variable('__to'));

/** The trace dashboard; relative, for links inside Grafana. A Viewer may follow it, unlike a link to Explore. */
export const traceDashboard = (traceId: string, range?: string): string =>
  `/d/${DASHBOARD_UIDS.trace}?var-traceId=${traceId}${range ? `&${range}` : ''}`;

/** The dashboard of one service. */
export const serviceDashboard = (service: string, range = PANEL_RANGE): string =>
  `/d/${DASHBOARD_UIDS.service}?var-service=${service}&${range}`;

/** The dashboard of the promises, of all or of one by its `sloth_id`. */
export const sloDashboard = (id = '$__all', range = PANEL_RANGE): string => `/d/${DASHBOARD_UIDS.slos}?var-slo=${id}&${range}`;

/** Those of the database, of the machine, of the telemetry's own way, and the home dashboard. */
export const databaseDashboard = (range = PANEL_RANGE): string => `/d/${DASHBOARD_UIDS.database}?${range}`;
export const hostDashboard = (range = PANEL_RANGE): string => `/d/${DASHBOARD_UIDS.host}?${range}`;
export const pipelineDashboard = (range = PANEL_RANGE): string => `/d/${DASHBOARD_UIDS.pipeline}?${range}`;
export const homeDashboard = (range = PANEL_RANGE): string => `/d/${DASHBOARD_UIDS.home}?${range}`;

/** What an alert means and how to end it; the live view serves docs/runbooks. */
export const runbook = (at: Addresses, alert: string): string => `${at.live}/runbooks/${alert}`;

/** Jaeger's page of one trace. */
export const jaegerTrace = (at: Addresses, traceId: string): string => `${at.jaeger}/trace/${traceId}`;

/** The live view's page of one trace, as long as it holds it. */
export const liveTrace = (at: Addresses, traceId: string): string => `${at.live}/traces/${traceId}`;

/** The live view's pages of the database and of one statement, of the range that a Grafana panel shows, as long as it holds that. */
export const liveDatabase = (at: Addresses): string => `${at.live}/database?${PANEL_RANGE}`;
export const liveStatement = (at: Addresses, queryId: string): string => `${at.live}/database/${queryId}?${PANEL_RANGE}`;

/** Jaeger's search for a service's traces in the range that a Grafana panel shows (Jaeger counts in microseconds). */
export const jaegerSearch = (at: Addresses, service: string): string =>
  `${at.jaeger}/search?service=${service}&lookback=custom&start=${variable('__from')}000&end=${variable('__to')}000&limit=20`;

/** One query in Grafana's Explore (needs the role Editor). `range` takes placeholders too; they stay as they are, the rest is encoded. */
export function explore(
  at: Addresses,
  datasource: DataSource,
  query: Record<string, string>,
  range: { from: string; to: string },
): string {
  const pane = { datasource: datasource.uid, queries: [{ refId: 'A', datasource, ...query }], range };
  return `${at.grafana}/explore?schemaVersion=1&panes=${encodeAround(JSON.stringify({ one: pane }))}`;
}

/** Encodes a URL's part but leaves `${...}` (Grafana), `#{...}` (Jaeger) and `{{...}}` (Prometheus) for the page that fills them in. */
function encodeAround(text: string): string {
  return text
    .split(/([$#]\{[^}]*\}|\{\{.*?\}\})/)
    .map((part, index) => (index % 2 ? part : encodeURIComponent(part)))
    .join('');
}
