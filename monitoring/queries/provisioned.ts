import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { expand } from './substitute.ts';

const DATASOURCE_FILE = 'grafana-datasources.yml';

const DerivedField = z.object({
  name: z.string(),
  matcherType: z.enum(['label', 'regex']),
  matcherRegex: z.string(),
  url: z.string(),
  urlDisplayLabel: z.string(),
  datasourceUid: z.string().optional(),
});
/** A rule of the Loki data source that makes a link of a log line. */
type DerivedField = z.infer<typeof DerivedField>;

const common = { name: z.string(), uid: z.string(), url: z.url(), editable: z.literal(false), isDefault: z.boolean().optional() };
const shift = z.string().regex(/^-?\d+[smh]$/);

/** The part of the file that holds links; it names every field it knows, so that a misspelt one is an error and not a link that is not there. */
const File = z.strictObject({
  apiVersion: z.literal(1),
  prune: z.boolean(),
  datasources: z.array(
    z.discriminatedUnion('type', [
      z.object({
        ...common,
        type: z.literal('prometheus'),
        jsonData: z.object({
          timeInterval: z.string(),
          alertmanagerUid: z.string(),
          exemplarTraceIdDestinations: z.array(z.strictObject({ name: z.string(), url: z.url(), urlDisplayLabel: z.string() })),
        }),
      }),
      z.object({
        ...common,
        type: z.literal('loki'),
        jsonData: z.strictObject({ maxLines: z.string(), derivedFields: z.array(DerivedField.strict()) }),
      }),
      z.object({
        ...common,
        type: z.literal('jaeger'),
        jsonData: z.strictObject({
          tracesToLogsV2: z.strictObject({
            datasourceUid: z.string(),
            spanStartTimeShift: shift,
            spanEndTimeShift: shift,
            customQuery: z.literal(true),
            query: z.string(),
          }),
          tracesToMetrics: z.strictObject({
            datasourceUid: z.string(),
            spanStartTimeShift: shift,
            spanEndTimeShift: shift,
            tags: z.array(z.strictObject({ key: z.string(), value: z.string() })),
            queries: z.array(z.strictObject({ name: z.string(), query: z.string() })),
          }),
          nodeGraph: z.strictObject({ enabled: z.boolean() }),
          spanBar: z.strictObject({ type: z.string() }),
          traceIdTimeParams: z.strictObject({ enabled: z.boolean() }),
        }),
      }),
      z.object({ ...common, type: z.literal('alertmanager'), jsonData: z.object({ implementation: z.literal('prometheus') }) }),
    ]),
  ),
});
type Provisioned = z.infer<typeof File>['datasources'][number];
type Type = Provisioned['type'];

/**
 * The data sources of grafana-datasources.yml below `root` by type, as Grafana has them after expanding `env`, of which only links to
 * pages hold something (the ports of .env). Throws on a field it does not know.
 */
export async function readDatasources(root: string, env: Readonly<Record<string, string | undefined>> = {}) {
  const text = await readFile(join(root, DATASOURCE_FILE), 'utf8');
  const { data, error } = File.safeParse(parse(text, (_key, value) => (typeof value === 'string' ? expand(value, env) : value)));
  if (error) throw new Error(`${DATASOURCE_FILE}: ${z.prettifyError(error)}`);
  return <T extends Type>(type: T): Extract<Provisioned, { type: T }> => {
    const found = data.datasources.find((d): d is Extract<Provisioned, { type: T }> => d.type === type);
    if (!found) throw new Error(`${DATASOURCE_FILE}: has no data source of type ${type}`);
    return found;
  };
}

/** What a derived field takes from a log line, as Grafana does it: a label's value by the label's name, or a group of the line. */
export function derive(field: DerivedField, line: string, labels: Readonly<Record<string, string>>): string | undefined {
  const pattern = new RegExp(field.matcherRegex);
  if (field.matcherType === 'regex') return pattern.exec(line)?.[1];
  return Object.entries(labels).find(([name]) => pattern.test(name))?.[1];
}
