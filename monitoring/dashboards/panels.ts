import { DATASOURCES } from '../names/datasources.ts';
import type {
  DataLink,
  JaegerSearchTarget,
  LogsPanel,
  LokiTarget,
  NodeGraphPanel,
  Panel,
  PrometheusTarget,
  StatPanel,
  TablePanel,
  TimeSeriesPanel,
  TracesPanel,
} from './grafana.ts';
import { instant } from './targets.ts';

/** A panel of a table with what the layout and the proof need beside Grafana's JSON. */
export interface Placed {
  panel: Panel;
  /** Width in Grafana's 24 columns and height in its units of 30 pixels. */
  size: readonly [width: number, height: number];
  /** Why an empty answer to this panel's queries is right on a healthy shop; without it `verify` takes it for a fault. */
  mayBeEmpty?: string;
}

interface Common {
  title: string;
  description: string;
  size: Placed['size'];
  mayBeEmpty?: string;
}

interface Measured extends Common {
  unit: string;
  queries: (PrometheusTarget | LokiTarget)[];
  links?: DataLink[];
}

const LETTERS = 'ABCDEFGH';
const place = ({ size, mayBeEmpty }: Common, panel: Panel): Placed => ({ panel, size, ...(mayBeEmpty && { mayBeEmpty }) });
const lettered = <T extends { refId: string }>(targets: T[]): T[] => targets.map((t, i) => ({ ...t, refId: LETTERS.charAt(i) }));

/** Lines over time; `bars` for counts per interval. */
export function timeSeries(spec: Measured & { bars?: boolean }): Placed {
  const targets = lettered(spec.queries);
  const panel: TimeSeriesPanel = {
    type: 'timeseries',
    title: spec.title,
    description: spec.description,
    datasource: targets[0]?.datasource ?? DATASOURCES.prometheus,
    targets,
    fieldConfig: {
      defaults: {
        unit: spec.unit,
        min: 0,
        ...(spec.links && { links: spec.links }),
        custom: spec.bars
          ? { drawStyle: 'bars', fillOpacity: 80, lineWidth: 0, stacking: { mode: 'normal', group: 'A' } }
          : { drawStyle: 'line', fillOpacity: 8, lineWidth: 1, showPoints: 'never' },
      },
      overrides: [],
    },
    options: {
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
  return place(spec, panel);
}

/** Numbers, one per series; `states` names the values of a gauge that is either 0 or 1. */
export function stat(
  spec: Common & { unit: string; decimals?: number; query: PrometheusTarget; states?: readonly [zero: string, one: string] },
): Placed {
  const { unit, decimals, query, states } = spec;
  const panel: StatPanel = {
    type: 'stat',
    title: spec.title,
    description: spec.description,
    datasource: DATASOURCES.prometheus,
    targets: lettered([query]),
    fieldConfig: {
      defaults: {
        unit,
        ...(decimals !== undefined && { decimals }),
        ...(states && {
          mappings: [
            { type: 'value', options: { 0: { text: states[0], color: 'red' }, 1: { text: states[1], color: 'green' } } },
          ],
        }),
      },
      overrides: [],
    },
    options: {
      colorMode: states ? 'background' : 'none',
      graphMode: query.instant ? 'none' : 'area',
      justifyMode: 'auto',
      orientation: 'auto',
      percentChangeColorMode: 'standard',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      showPercentChange: false,
      textMode: 'auto',
      wideLayout: true,
    },
  };
  return place(spec, panel);
}

/** A graph of services. `expr` gives one row per edge with the labels id, source, target and, as text, mainstat and secondarystat. */
export function nodeGraph(spec: Common & { expr: string; links: Record<string, DataLink[]> }): Placed {
  const panel: NodeGraphPanel = {
    type: 'nodeGraph',
    title: spec.title,
    description: spec.description,
    datasource: DATASOURCES.prometheus,
    targets: [{ ...instant(spec.expr), refId: 'edges', format: 'table' }],
    fieldConfig: { defaults: {}, overrides: linked(spec.links) },
    options: { layoutAlgorithm: 'layered' },
  };
  return place(spec, panel);
}

/** A table of the traces that a search finds; the links go on the column `traceID`. */
export function traceTable(
  spec: Common & { search: Pick<JaegerSearchTarget, 'service'> & Partial<JaegerSearchTarget>; sortBy: string; links: DataLink[] },
): Placed {
  const any = { operation: '', tags: '', minDuration: '', maxDuration: '', limit: 20 };
  const panel: TablePanel = {
    type: 'table',
    title: spec.title,
    description: spec.description,
    datasource: DATASOURCES.jaeger,
    targets: [{ refId: 'A', datasource: DATASOURCES.jaeger, queryType: 'search', ...any, ...spec.search }],
    fieldConfig: { defaults: {}, overrides: linked({ traceID: spec.links }) },
    options: { frameIndex: 0, showHeader: true, sortBy: [{ displayName: spec.sortBy, desc: true }] },
  };
  return place(spec, panel);
}

/** Log lines. Without the details of a line its links would not show. */
export function logs(spec: Common & { query: LokiTarget }): Placed {
  const panel: LogsPanel = {
    type: 'logs',
    title: spec.title,
    description: spec.description,
    datasource: DATASOURCES.loki,
    targets: lettered([spec.query]),
    fieldConfig: { defaults: {}, overrides: [] },
    options: {
      dedupStrategy: 'none',
      enableLogDetails: true,
      prettifyLogMessage: false,
      showCommonLabels: false,
      showLabels: false,
      showLogContextToggle: false,
      showTime: true,
      sortOrder: spec.query.direction === 'forward' ? 'Ascending' : 'Descending',
      wrapLogMessage: true,
    },
  };
  return place(spec, panel);
}

/** One trace as a timeline. */
export function trace(spec: Common & { traceId: string }): Placed {
  const panel: TracesPanel = {
    type: 'traces',
    title: spec.title,
    description: spec.description,
    datasource: DATASOURCES.jaeger,
    targets: [{ refId: 'A', datasource: DATASOURCES.jaeger, query: spec.traceId }],
    fieldConfig: { defaults: {}, overrides: [] },
    options: {},
  };
  return place(spec, panel);
}

/** Links on single fields only: on every field, a row would offer each of them once per column. */
const linked = (links: Record<string, DataLink[]>) =>
  Object.entries(links).map(([field, value]) => ({
    matcher: { id: 'byName', options: field },
    properties: [{ id: 'links', value }],
  }));
