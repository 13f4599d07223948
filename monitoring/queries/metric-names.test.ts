import { describe, expect, it } from 'vitest';
import { METRICS, SPAN_METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { DATABASE_METRICS } from '../names/database-metrics.ts';
import { ruleFiles } from '../rule-files.ts';
import { linkQueries, panelQueries } from './queries.ts';

const own = Object.values(METRICS);
const parts = (histogram: string) => ['_bucket', '_sum', '_count'].map((suffix) => histogram + suffix);
const HISTOGRAMS = [
  ...own.flatMap(({ name, type }) => (type === 'histogram' ? [name] : [])),
  ...[SPAN_METRICS.duration, SPAN_METRICS.edgeServerDuration, COMPONENT_METRICS.offeredDuration],
];
const rules = [...ruleFiles({ grafana: '', jaeger: '', live: '' }).values()].flatMap(({ groups }) =>
  groups.flatMap((group) => group.rules),
);
const KNOWN = new Set<string>([
  ...rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])),
  ...own.map(({ name }) => name),
  ...Object.values(SPAN_METRICS),
  ...Object.values(COMPONENT_METRICS),
  ...Object.values(DATABASE_METRICS),
  ...HISTOGRAMS.flatMap(parts),
]);
/** Gauges of Promtail, whatever their names say: how long a file is and how far it was read. */
const GAUGES: string[] = [COMPONENT_METRICS.promtailBytesRead, COMPONENT_METRICS.promtailFileBytes];
const COUNTERS = new Set<string>([
  ...own.flatMap(({ name, type }) => (type === 'counter' ? [name] : [])),
  ...[SPAN_METRICS.calls, SPAN_METRICS.edgeRequests, SPAN_METRICS.edgeFailures],
  ...[...Object.values(COMPONENT_METRICS), ...Object.values(DATABASE_METRICS)].filter(
    (name) =>
      /_total$|^otelcol_.*_(spans|metric_points|log_records|traces_sampled|dropped_too_early)$/.test(name) &&
      !GAUGES.includes(name),
  ),
  ...HISTOGRAMS.flatMap(parts),
]);

const context = { traceId: 'a'.repeat(32), span: { name: 'POST /orders', tags: { service_name: 'orders' } } };
const queries = [...(await panelQueries(context)), ...(await linkQueries(context))];
const ofRules = rules.map(({ expr }) => expr).filter((expr) => !/^vector\([\d.]+\)$/.test(expr));
const promQL = [...new Set([...queries.flatMap((q) => (q.datasource === 'prometheus' ? [q.query] : [])), ...ofRules])];

/** The metric names in a PromQL expression: its words without strings, matchers, label lists, functions and operators. */
function metricNames(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|offset)\s*(\([^)]*\)|\d+m)/g, '');
  return [...bare.matchAll(/\b[a-z_][a-z0-9_:]*\b(?!\s*\()/gi)]
    .map(([word]) => word)
    .filter((word) => !/^(or|and|unless|sum)$/.test(word));
}

describe('the queries of dashboards, links and rules', () => {
  it('finds the metric names in an expression', () => {
    const expression =
      'histogram_quantile(0.95, sum by (le) (rate(a_bucket{x="b"}[5m]))) * on (c) group_left (d) sum(e) or 0 * f';
    expect(metricNames(expression)).toEqual(['a_bucket', 'e', 'f']);
  });

  it.each(promQL)('names only metrics that signals.ts, component-metrics.ts or database-metrics.ts knows: %s', (expression) => {
    const names = metricNames(expression);
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !KNOWN.has(name))).toEqual([]);
  });

  it.each(promQL)('reads a counter through rate or increase only: %s', (expression) => {
    const rated = [...expression.matchAll(/\b(?:rate|increase)\((\w+)/g)].map(([, name]) => name);
    for (const name of metricNames(expression).filter((n) => COUNTERS.has(n)))
      expect(rated.filter((n) => n === name)).toHaveLength(metricNames(expression).filter((n) => n === name).length);
    for (const name of rated) expect(COUNTERS.has(name ?? '')).toBe(true);
  });

  it('uses every metric of component-metrics.ts and database-metrics.ts', () => {
    const used = new Set(promQL.flatMap(metricNames));
    const unused = [...Object.values(COMPONENT_METRICS), ...Object.values(DATABASE_METRICS)].filter(
      (name) => !used.has(name) && !used.has(`${name}_bucket`),
    );
    expect(unused).toEqual([]);
  });
});
