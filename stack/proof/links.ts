import { derive, readDatasources } from '../../monitoring/queries/provisioned.ts';
import { linkQueries, type Query } from '../../monitoring/queries/queries.ts';
import { ROOT } from '../../telemetry/root.ts';
import { LABELS, SERVICES, TRACE_ID } from '../../telemetry/signals.ts';
import { type Context, wholeTrace } from './context.ts';
import { ask } from './panels.ts';
import { fail, until } from './stores.ts';

/** Log line -> trace: every derived field of grafana-datasources.yml that makes a trace id is tried on a line of the checkout; Jaeger must have the trace. */
export async function derivedField(context: Context, seconds: number): Promise<string> {
  const { traceId } = await context.probe();
  await wholeTrace(context, traceId, seconds);
  const [line] = await until(
    seconds,
    () => `loki: no line of trace ${traceId}`,
    async () => {
      const lines = await context.stores.logs(`{${LABELS.service}="${SERVICES[0]}"} | ${TRACE_ID}="${traceId}"`);
      return lines.length > 0 ? lines : undefined;
    },
  );
  const { derivedFields } = (await readDatasources(ROOT))('loki').jsonData;
  const rules = derivedFields.filter(({ matcherRegex }) => matcherRegex.includes(TRACE_ID));
  if (rules.length === 0) fail('grafana', `grafana-datasources.yml has no derived field for ${TRACE_ID}`);
  for (const rule of rules) {
    const found = line && derive(rule, line.line, line.labels);
    if (!found) fail('grafana', `the derived field "${rule.name}" finds nothing in a line of trace ${traceId}`);
    if ((await context.stores.trace(found)).length === 0)
      fail('jaeger', `the derived field "${rule.name}" leads to ${found}, which Jaeger does not have`);
  }
  return `${rules.length} derived fields lead to ${traceId}`;
}

export const traceToLogs = (context: Context, seconds: number) =>
  follow(context, seconds, ({ datasource, dashboard }) => datasource === 'loki' && dashboard === 'data source jaeger');

export const traceToMetrics = (context: Context, seconds: number) =>
  follow(context, seconds, ({ datasource, dashboard }) => datasource === 'prometheus' && dashboard === 'data source jaeger');

/** Runs the link queries that `wanted` picks, filled in with the checkout's own server spans, until each has an answer. */
async function follow(context: Context, seconds: number, wanted: (query: Query) => boolean): Promise<string> {
  const { traceId } = await context.probe();
  await wholeTrace(context, traceId, seconds);
  const spans = (await context.stores.trace(traceId)).filter(({ tags }) => tags['span.kind'] === 'server');
  let count = 0;
  for (const { operationName, tags } of spans) {
    const attributes = Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));
    for (const query of (await linkQueries({ traceId, span: { name: operationName, tags: attributes } })).filter(wanted)) {
      await until(
        seconds,
        () => `${query.datasource}: no answer to the link "${query.panel}" of ${operationName}`,
        async () => ((await ask(context.stores, query)) > 0 ? true : undefined),
      );
      count += 1;
    }
  }
  if (count === 0) fail('grafana', 'grafana-datasources.yml has no such link');
  return `${count} queries from ${spans.length} spans answered`;
}
