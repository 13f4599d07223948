/** Room panels: what dashboards are made of, as typed builders of Grafana's JSON. */
import { DATASOURCES } from '../names/datasources.ts';
import type {
  DataLink,
  LogsPanel,
  LokiTarget,
  NodeGraphPanel,
  Panel,
  PrometheusTarget,
  StatPanel,
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

export interface Common {
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
export const place = ({ size, mayBeEmpty }: Common, panel: Panel): Placed => ({ panel, size, ...(mayBeEmpty && { mayBeEmpty }) });
const lettered = <T extends { refId: string }>(targets: T[]): T[] => targets.map((t, i) => ({ ...t, refId: LETTERS.charAt(i) }));

/** Lines over time; `bars` for counts per interval, `threshold` for a line at a value. The axis begins at 0 unless values may lie below. */
export function timeSeries(spec: Measured & { bars?: boolean; threshold?: number; belowZero?: boolean }): Placed {
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
        ...(!spec.belowZero && { min: 0 }),
        ...(spec.threshold !== undefined && { thresholds: above(spec.threshold) }),
        ...(spec.links && { links: spec.links }),
        custom: spec.bars
          ? { drawStyle: 'bars', fillOpacity: 80, lineWidth: 0, stacking: { mode: 'normal', group: 'A' } }
          : {
              drawStyle: 'line',
              fillOpacity: 8,
              lineWidth: 1,
              showPoints: 'never',
              ...(spec.threshold !== undefined && { thresholdsStyle: { mode: 'line' } }),
            },
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

/**
 * Numbers, one per series. `states` names the values of a gauge that is either 0 or 1; `bad` colours values (`below` or `above` it); `show: 'name'` shows
 * the series' names and not their values; `whenEmpty` is what stands there without a series.
 */
export function stat(spec: Common & StatSpec): Placed {
  const { unit, decimals, query, states, bad, show, whenEmpty, links } = spec;
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
        ...(whenEmpty && { noValue: whenEmpty }),
        ...(links && { links }),
        ...(bad && { thresholds: 'above' in bad ? above(bad.above) : below(bad.below) }),
        ...(states && {
          mappings: [
            { type: 'value', options: { 0: { text: states[0], color: 'red' }, 1: { text: states[1], color: 'green' } } },
          ],
        }),
      },
      overrides: [],
    },
    options: {
      colorMode: states ? 'background' : bad ? 'value' : 'none',
      graphMode: query.instant ? 'none' : 'area',
      justifyMode: 'auto',
      orientation: 'auto',
      percentChangeColorMode: 'standard',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      showPercentChange: false,
      textMode: show ?? 'auto',
      wideLayout: true,
    },
  };
  return place(spec, panel);
}

interface StatSpec {
  unit: string;
  decimals?: number;
  query: PrometheusTarget;
  states?: readonly [zero: string, one: string];
  bad?: { below: number } | { above: number };
  show?: 'name';
  whenEmpty?: string;
  links?: DataLink[];
}

const above = (value: number) => ({
  mode: 'absolute' as const,
  steps: [
    { color: 'green', value: null },
    { color: 'red', value },
  ],
});
const below = (value: number) => ({
  mode: 'absolute' as const,
  steps: [
    { color: 'red', value: null },
    { color: 'green', value },
  ],
});

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
export const linked = (links: Record<string, DataLink[]>) =>
  Object.entries(links).map(([field, value]) => ({
    matcher: { id: 'byName', options: field },
    properties: [{ id: 'links', value }],
  }));
