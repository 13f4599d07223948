import { DATASOURCES } from '../names/datasources.ts';
import type { DataLink, JaegerSearchTarget, TablePanel } from './grafana.ts';
import { type Common, linked, type Placed, place } from './panels.ts';
import { instant } from './targets.ts';

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

/**
 * A table of the series that `expr` has now. `columns` are labels, in that order, under the heading that stands beside them; `value` heads the number, which
 * has `unit`. A label's links go on its column.
 */
export function seriesTable(
  spec: Common & {
    expr: string;
    columns: Record<string, string>;
    value: string;
    unit: string;
    whenEmpty: string;
    links: Record<string, DataLink[]>;
  },
): Placed {
  const names = Object.keys(spec.columns);
  const panel: TablePanel = {
    type: 'table',
    title: spec.title,
    description: spec.description,
    datasource: DATASOURCES.prometheus,
    targets: [{ ...instant(spec.expr), refId: 'A', format: 'table' }],
    transformations: [
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          indexByName: Object.fromEntries([...names, 'Value'].map((name, index) => [name, index])),
          renameByName: { ...spec.columns, Value: spec.value },
        },
      },
    ],
    fieldConfig: {
      defaults: { unit: spec.unit, noValue: spec.whenEmpty },
      // By the heading: renaming comes before the overrides.
      overrides: linked(
        Object.fromEntries(Object.entries(spec.links).map(([name, links]) => [spec.columns[name] ?? name, links])),
      ),
    },
    options: { frameIndex: 0, showHeader: true, sortBy: [{ displayName: spec.value, desc: false }] },
  };
  return place(spec, panel);
}
