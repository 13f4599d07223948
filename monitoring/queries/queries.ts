/** Room queries: everything that panels and links ask the stores, with the variables filled in. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../telemetry/root.ts';
import { ANNOTATIONS } from '../dashboards/annotations.ts';
import { dashboards } from '../dashboards/dashboards.ts';
import { DASHBOARD_FOLDER } from '../generated.ts';
import { ENTRANCE } from '../names/promql.ts';
import type { Dashboard, Target } from '../panels/grafana.ts';
import { readDatasources } from './provisioned.ts';
import { substitute } from './substitute.ts';

/** One query as its data source gets it, with all variables filled in. */
export type Query = Origin & (PrometheusQuery | LokiQuery | JaegerSearch | JaegerTrace);

interface Origin {
  /** A dashboard's uid, or `data source <uid>` for the query of a link. */
  dashboard: string;
  /** The panel's title or the link's name. */
  panel: string;
  /** Why an empty answer is right on a healthy shop; none: an empty answer is a fault. */
  mayBeEmpty?: string;
}

interface PrometheusQuery {
  datasource: 'prometheus';
  /** `exemplars`: the exemplars of the series in `query`. */
  kind: 'range' | 'instant' | 'exemplars';
  query: string;
}

interface LokiQuery {
  datasource: 'loki';
  query: string;
}

interface JaegerSearch {
  datasource: 'jaeger';
  kind: 'search';
  /** Parameters of Jaeger's `/api/traces`; `tags` as JSON. */
  search: Record<string, string>;
}

interface JaegerTrace {
  datasource: 'jaeger';
  kind: 'trace';
  traceId: string;
}

/** What the variables stand for: a trace that exists, and one of its spans with its name and attributes. */
export interface Context {
  traceId: string;
  span: { name: string; tags: Readonly<Record<string, string>> };
}

/** A minute holds several scrapes, and the range holds what a stack that has just started has. All services and promises. */
const CHOSEN = { service: '.+', slo: '.+', __rate_interval: '1m', __interval: '1m', __range: '15m' };

/** Every query of every panel and annotation, from the generated dashboards as they are on disk below `root`. */
export async function panelQueries(context: Context, root = ROOT): Promise<Query[]> {
  const folder = join(root, DASHBOARD_FOLDER);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const onDisk = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Dashboard),
  );
  const reasons = emptyReasons();
  return onDisk.flatMap(({ uid, panels, annotations }) => [
    ...panels.flatMap((panel): Query[] => {
      if (panel.type === 'row') return [];
      const origin: Origin = { dashboard: uid, panel: panel.title, mayBeEmpty: reasons.get(`${uid}/${panel.title}`) };
      return panel.targets.flatMap((target) => queriesOf(target, context).map((query) => ({ ...origin, ...query })));
    }),
    ...annotations.list.map(
      ({ name, target }): Query => ({
        dashboard: uid,
        panel: `annotation ${name}`,
        mayBeEmpty: ANNOTATIONS.find((row) => row.name === name)?.mayBeEmpty,
        datasource: 'prometheus',
        kind: 'range',
        query: target.expr,
      }),
    ),
  ]);
}

/** The queries behind the links of a span and of a log line, from grafana-datasources.yml below `root`. */
export async function linkQueries({ traceId, span }: Context, root = ROOT): Promise<Query[]> {
  const datasource = await readDatasources(root);
  const { tracesToLogsV2, tracesToMetrics } = datasource('jaeger').jsonData;
  const known: Record<string, string | undefined> = { ...span.tags, name: span.name };
  const tags = tracesToMetrics.tags.flatMap(({ key, value }) => (known[key] ? [`${value}="${known[key]}"`] : [])).join(', ');
  const fill = (text: string) => substitute(text, { '__span.traceId': traceId, __tags: tags, '__value.raw': traceId });
  const ofSpan = 'data source jaeger';
  return [
    { dashboard: ofSpan, panel: 'trace to logs', datasource: 'loki', query: fill(tracesToLogsV2.query) },
    ...tracesToMetrics.queries.map(({ name, query }): Query => {
      return {
        dashboard: ofSpan,
        panel: `trace to metrics: ${name}`,
        datasource: 'prometheus',
        kind: 'range',
        query: fill(query),
      };
    }),
    ...datasource('loki').jsonData.derivedFields.flatMap(({ name, url, datasourceUid }): Query[] => {
      if (!datasourceUid) return [];
      const panel = `log line to trace: ${name}`;
      return [{ dashboard: 'data source loki', panel, datasource: 'jaeger', kind: 'trace', traceId: fill(url) }];
    }),
  ];
}

/** Why a panel may be empty, by `<dashboard's uid>/<panel's title>`: the tables know, Grafana's JSON has no place for it. */
function emptyReasons(): Map<string, string | undefined> {
  const nowhere = { grafana: '', jaeger: '', live: '' };
  return new Map(
    dashboards(nowhere).flatMap(({ uid, sections }) =>
      sections.flatMap(({ panels }) => panels.map(({ panel, mayBeEmpty }) => [`${uid}/${panel.title}`, mayBeEmpty] as const)),
    ),
  );
}

function queriesOf(target: Target, { traceId }: Context): (PrometheusQuery | LokiQuery | JaegerSearch | JaegerTrace)[] {
  const fill = (text: string) => substitute(text, { ...CHOSEN, traceId });
  if ('query' in target) return [{ datasource: 'jaeger', kind: 'trace', traceId: fill(target.query) }];
  if ('service' in target) {
    const { service, operation, tags, minDuration, maxDuration, limit } = target;
    // One of them: a search has no patterns.
    const search = {
      service: substitute(service, { service: ENTRANCE }),
      operation,
      tags: tagsAsJson(tags),
      minDuration,
      maxDuration,
      limit: String(limit),
    };
    return [{ datasource: 'jaeger', kind: 'search', search: Object.fromEntries(Object.entries(search).filter(([, v]) => v)) }];
  }
  const query = fill(target.expr);
  if ('queryType' in target) return [{ datasource: 'loki', query }];
  return [
    { datasource: 'prometheus', kind: target.instant ? 'instant' : 'range', query },
    ...(target.exemplar ? [{ datasource: 'prometheus', kind: 'exemplars', query } as const] : []),
  ];
}

/** Grafana takes tags as `key=value key=value`, Jaeger as a JSON object. */
const tagsAsJson = (logfmt: string): string =>
  logfmt && JSON.stringify(Object.fromEntries(logfmt.split(' ').map((pair) => pair.split('=', 2))));
