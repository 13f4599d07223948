import { DATASOURCES } from '../names/datasources.ts';
import type { LokiTarget, PrometheusTarget } from './grafana.ts';

// A panel numbers its targets when it takes them: until then the refId is empty.

/** A query over the range shown, drawn as one line per series; `exemplar` adds points that open their trace. */
export function range(expr: string, legendFormat: string, { exemplar = false } = {}): PrometheusTarget {
  return {
    refId: '',
    datasource: DATASOURCES.prometheus,
    expr,
    legendFormat,
    format: 'time_series',
    range: true,
    instant: false,
    exemplar,
  };
}

/** A query for the range's end only. */
export const instant = (expr: string, legendFormat = ''): PrometheusTarget => ({
  ...range(expr, legendFormat),
  range: false,
  instant: true,
});

/** A query to Loki: lines, or numbers when `expr` is a metric query. Forward: the oldest line first. */
export const logQL = (
  expr: string,
  { legendFormat = '', direction = 'backward' as LokiTarget['direction'] } = {},
): LokiTarget => ({
  refId: '',
  datasource: DATASOURCES.loki,
  expr,
  legendFormat,
  queryType: 'range',
  maxLines: 1000,
  direction,
});
