import { DASHBOARD_UIDS, DATASOURCES } from '../names/datasources.ts';
import { type Addresses, between, explore, runbook } from '../names/links.ts';

/** Where an alert leads to. Values may hold labels of the alert, e.g. `{{ $labels.service_name }}`. */
export interface AlertLinks {
  dashboard: 'service' | 'slos' | 'pipeline' | 'database' | 'host';
  /** Variables of that dashboard. */
  variables?: Record<string, string>;
  /** Traces of that kind; without it there is no trace that would show it. */
  traces?: TraceKind;
  /** A LogQL selector of the lines to read. */
  logs?: string;
}

/** Which traces to look at: those of a service, and of them the failed, the slow, or all. */
interface TraceKind {
  service: string;
  operation?: string;
  failed?: boolean;
  /** Not faster than so many seconds. */
  slowerThan?: number;
}

/** The label of an alert, in Prometheus's template language. */
export const label = (name: string): string => `{{ $labels.${name} }}`;

/** From a quarter of an hour before the evaluation until it: what the reader wants to see first. */
const BEFORE_SECONDS = 900;

/**
 * A time of the evaluation as a number of `perSecond` units since 1970; the template language has no arithmetic, PromQL has. In backquotes,
 * because a link to Explore holds it inside JSON, where a double quote would be escaped.
 */
const moment = (secondsBefore: number, perSecond: number): string =>
  ['{{ with query `', `${perSecond} * (time() - ${secondsBefore})`, '` }}{{ . | first | value | printf `%.0f` }}{{ end }}'].join(
    '',
  );

/** The annotations that are links. An alert that is about no trace or no line has none for them. */
export function linkAnnotations(name: string, links: AlertLinks, at: Addresses): Record<string, string> {
  const milliseconds = { from: moment(BEFORE_SECONDS, 1000), to: moment(0, 1000) };
  const variables = Object.entries(links.variables ?? {}).map(([variable, value]) => `var-${variable}=${value}&`);
  const query = { expr: links.logs ?? '', queryType: 'range' };
  return {
    dashboard_url: `${at.grafana}/d/${DASHBOARD_UIDS[links.dashboard]}?${variables.join('')}${between(milliseconds.from, milliseconds.to)}`,
    ...(links.traces && { traces_url: jaegerTraces(links.traces, at), live_url: liveTraces(links.traces, at) }),
    ...(links.logs && { logs_url: explore(at, DATASOURCES.loki, query, milliseconds) }),
    runbook_url: runbook(at, name),
  };
}

/** Jaeger counts in microseconds. */
function jaegerTraces({ service, operation, failed, slowerThan }: TraceKind, at: Addresses): string {
  const parts = [
    `service=${service}`,
    operation && `operation=${encodeURIComponent(operation)}`,
    failed && `tags=${encodeURIComponent('{"error":"true"}')}`,
    slowerThan && `minDuration=${slowerThan * 1000}ms`,
    `lookback=custom&start=${moment(BEFORE_SECONDS, 1e6)}&end=${moment(0, 1e6)}&limit=20`,
  ];
  return `${at.jaeger}/search?${parts.filter(Boolean).join('&')}`;
}

/** The live view holds minutes: it is asked for what it has. */
function liveTraces({ service, operation, failed, slowerThan }: TraceKind, at: Addresses): string {
  const parts = [
    `service=${service}`,
    operation && `operation=${encodeURIComponent(operation)}`,
    failed && 'status=error',
    slowerThan && `min=${slowerThan * 1000}`,
  ];
  return `${at.live}/traces?${parts.filter(Boolean).join('&')}`;
}
