import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../telemetry/root.ts';
import { ATTRIBUTES, LABELS, SPAN_ID, TRACE_ID } from '../../telemetry/signals.ts';
import { DASHBOARD_UIDS, DATASOURCES } from '../names/datasources.ts';
import { variable } from '../names/links.ts';
import { derive, readDatasources } from './provisioned.ts';

const read = (file: string) => readFile(join(ROOT, file), 'utf8');
const env = parseEnv(await read('.env'));
const datasource = await readDatasources(ROOT, env);
const pages = { grafana: `http://localhost:${env.GRAFANA_PORT}`, jaeger: `http://localhost:${env.JAEGER_PORT}` };
const traceId = '5b8efff798038103d269b633813fc60c';

/** Whether a link, once filled in, leads to the trace dashboard or to Jaeger's page of the trace. */
const opensTheTrace = (url: string) =>
  [`${pages.grafana}/d/${DASHBOARD_UIDS.trace}?var-traceId=${traceId}`, `${pages.jaeger}/trace/${traceId}`].includes(
    url.replace(variable('__value.raw'), traceId),
  );

describe('the data sources', () => {
  it.each(Object.values(DATASOURCES))('hold $uid under the uid that dashboards name', ({ type, uid }) => {
    expect(datasource(type).uid).toBe(uid);
  });

  it('ask Prometheus for rates over the interval at which it scrapes', async () => {
    const { global } = parse(await read('prometheus.yml'));
    expect(datasource('prometheus').jsonData.timeInterval).toBe(global.scrape_interval);
  });

  it('are given the ports of the pages by compose', async () => {
    const { services } = parse(await read('docker-compose.yml'), { merge: true });
    expect(services.grafana.environment).toMatchObject({
      GRAFANA_PORT: variable('GRAFANA_PORT'),
      JAEGER_PORT: variable('JAEGER_PORT'),
    });
  });
});

describe('from an exemplar', () => {
  const links = datasource('prometheus').jsonData.exemplarTraceIdDestinations;

  it('links go by the exemplar label, to the trace dashboard and to Jaeger', () => {
    expect(links.map(({ name }) => name)).toEqual([TRACE_ID, TRACE_ID]);
    expect(links.map(({ url }) => opensTheTrace(url))).toEqual([true, true]);
  });
});

describe('from a log line', () => {
  const fields = datasource('loki').jsonData.derivedFields;
  const labels = {
    detected_level: 'info',
    level: 'info',
    [LABELS.service]: 'orders',
    [SPAN_ID]: 'eee19b7ec3c1b174',
    [TRACE_ID]: traceId,
  };
  const line = `{"level":"info","service":"orders","${TRACE_ID}":"${traceId}","${SPAN_ID}":"eee19b7ec3c1b174","msg":"POST /orders 201"}`;
  const ofTraces = fields.filter(({ url }) => !url.includes(`/d/${DASHBOARD_UIDS.home}`));

  it.each(ofTraces)('$name: takes the trace id', (field) => {
    expect(derive(field, line, labels)).toBe(traceId);
  });

  it.each(ofTraces)('$name: opens the trace', ({ url, datasourceUid }) => {
    if (datasourceUid) expect([datasourceUid, url]).toEqual([DATASOURCES.jaeger.uid, variable('__value.raw')]);
    else expect(opensTheTrace(url)).toBe(true);
  });

  it('a label that merely contains the name is not taken for it', () => {
    for (const field of fields)
      expect(derive(field, '{}', { [`parent_${TRACE_ID}`]: 'x', [`${LABELS.service}_old`]: 'x' })).toBe(undefined);
  });

  it('a line without structured metadata still leads to its trace', () => {
    expect(fields.some((field) => derive(field, line, {}) === traceId)).toBe(true);
  });

  it("the service's name opens its metrics", () => {
    const field = fields.find(({ url }) => url.includes(`/d/${DASHBOARD_UIDS.home}?var-service=`));
    expect(field && derive(field, line, labels)).toBe('orders');
  });

  it('names are told apart', () => {
    expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
  });
});

describe('from a span', () => {
  const { tracesToLogsV2, tracesToMetrics } = datasource('jaeger').jsonData;

  it('links go to data sources that exist', () => {
    expect(tracesToLogsV2.datasourceUid).toBe(DATASOURCES.loki.uid);
    expect(tracesToMetrics.datasourceUid).toBe(DATASOURCES.prometheus.uid);
  });

  it('metrics are found by labels that the span metrics have', () => {
    expect(tracesToMetrics.tags).toEqual([
      { key: ATTRIBUTES.serviceCopy, value: LABELS.service },
      { key: 'name', value: LABELS.spanName },
    ]);
  });

  it('a query stays valid when the span has none of the attributes', () => {
    for (const { query } of tracesToMetrics.queries) expect(query.replaceAll('$__tags', '')).not.toMatch(/\{\s*,/);
  });
});
