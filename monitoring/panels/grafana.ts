/**
 * Grafana's dashboard JSON as types: from @grafana/schema where it has them, written here where it has none (queries to Prometheus and
 * Jaeger, the traces panel, data links). The package serves as types only, so its enums become the strings that the JSON holds.
 */
import type {
  GraphFieldConfig,
  RowPanel,
  Dashboard as SchemaDashboard,
  Panel as SchemaPanel,
  TableFieldOptions,
} from '@grafana/schema';
import type { Options as LogsOptions } from '@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type { LokiDataQuery } from '@grafana/schema/dist/esm/raw/composable/loki/dataquery/x/LokiDataQuery_types.gen';
import type { Options as NodeGraphOptions } from '@grafana/schema/dist/esm/raw/composable/nodegraph/panelcfg/x/NodeGraphPanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as TimeSeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { DATASOURCES } from '../names/datasources.ts';

type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

export interface PrometheusTarget {
  refId: string;
  datasource: typeof DATASOURCES.prometheus;
  expr: string;
  legendFormat?: string;
  format: 'time_series' | 'table';
  range: boolean;
  instant: boolean;
  /** Asks for the exemplars of the series in `expr` too; each opens its trace. */
  exemplar: boolean;
}

export interface LokiTarget extends Pick<Plain<LokiDataQuery>, 'refId' | 'expr' | 'legendFormat' | 'maxLines'> {
  datasource: typeof DATASOURCES.loki;
  queryType: 'range';
  direction: 'backward' | 'forward';
}

/** A search; its answer is a table of traces. Empty strings stand for "any". */
export interface JaegerSearchTarget {
  refId: string;
  datasource: typeof DATASOURCES.jaeger;
  queryType: 'search';
  service: string;
  operation: string;
  /** In logfmt, e.g. `error=true`. */
  tags: string;
  minDuration: string;
  maxDuration: string;
  limit: number;
}

/** One trace by its id: the query type is absent, not empty. */
interface JaegerTraceTarget {
  refId: string;
  datasource: typeof DATASOURCES.jaeger;
  query: string;
}

export type Target = PrometheusTarget | LokiTarget | JaegerSearchTarget | JaegerTraceTarget;

export interface DataLink {
  title: string;
  url: string;
  targetBlank: boolean;
}

type Schema<Custom> = Plain<SchemaPanel<Record<string, unknown>, Custom>>;
type FieldConfig<Custom> = NonNullable<Schema<Custom>['fieldConfig']>;

type PanelOf<Type extends string, Options, PanelTarget extends Target, Custom = Record<string, unknown>> = Pick<
  Schema<Custom>,
  'gridPos' | 'id' | 'transformations'
> & {
  type: Type;
  /** In the panel's corner. */
  links?: DataLink[];
  title: string;
  description: string;
  datasource: PanelTarget['datasource'];
  targets: PanelTarget[];
  options: Plain<Options>;
  fieldConfig: Omit<FieldConfig<Custom>, 'defaults'> & {
    defaults: Omit<FieldConfig<Custom>['defaults'], 'links'> & { links?: DataLink[] };
  };
};

export type TimeSeriesPanel = PanelOf<'timeseries', TimeSeriesOptions, PrometheusTarget | LokiTarget, GraphFieldConfig>;
export type StatPanel = PanelOf<'stat', StatOptions, PrometheusTarget>;
export type NodeGraphPanel = PanelOf<'nodeGraph', NodeGraphOptions, PrometheusTarget>;
export type TablePanel = PanelOf<'table', TableOptions, JaegerSearchTarget | PrometheusTarget, TableFieldOptions>;
export type LogsPanel = PanelOf<'logs', LogsOptions, LokiTarget>;
export type TracesPanel = PanelOf<'traces', Record<string, never>, JaegerTraceTarget>;

export type Panel = TimeSeriesPanel | StatPanel | NodeGraphPanel | TablePanel | LogsPanel | TracesPanel;

/** Marks on every chart of a dashboard, from a query: consecutive samples above 0 are one mark, from the first to the last. */
export interface Annotation {
  name: string;
  enable: true;
  iconColor: string;
  datasource: typeof DATASOURCES.prometheus;
  target: { refId: 'Anno'; expr: string; interval: string };
  /** With labels of the series, e.g. `{{service_name}}`. */
  titleFormat: string;
  textFormat: string;
  /** Labels, separated by commas. */
  tagKeys: string;
}

/** Classic JSON: Grafana provisions no newer form from files. */
export type Dashboard = Omit<Plain<SchemaDashboard>, 'panels' | 'annotations'> & {
  annotations: { list: Annotation[] };
  uid: string;
  title: string;
  panels: (Panel | Plain<RowPanel>)[];
};
