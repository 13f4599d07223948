/** The standard variables, each by its effect on what a real receiver gets from a real process under the preload; docs/add-a-service.md has the same ones. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './root.ts';
import { makeCertificates } from './testing/certificates.ts';
import { grpcSink, httpSink } from './testing/sink.ts';
import { B3, type Got, HIGH, LOW, type Run, run, spansOf } from './testing/variables.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-test-'));
const certificates = await makeCertificates();
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const TLS = {
  OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', certificates.authority),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.pem', certificates.client.cert),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key', certificates.client.key),
};
afterAll(() => rmSync(folder, { recursive: true }));

const named = (got: Got, name: string) => got.spans.filter((span) => span.name === name);
const servers = ({ spans }: Got) => spans.filter(({ kind }) => kind === 2);
const first = (got: Got) => named(got, 'last')[0];
const always = () => true;
const of = (got: Got, path: string) => got.all.filter((one) => one.path === path);

const RUNS: Run[] = [
  { env: { OTEL_SDK_DISABLED: 'true' }, until: always, effects: { OTEL_SDK_DISABLED: ({ all }) => expect(all).toEqual([]) } },
  {
    env: { OTEL_TRACES_EXPORTER: 'console', OTEL_LOG_LEVEL: 'debug' },
    until: ({ output }) => output.includes("name: 'last'"),
    effects: {
      OTEL_TRACES_EXPORTER: ({ all }) => expect(all).toEqual([]),
      OTEL_LOG_LEVEL: ({ output }, usual) =>
        expect([output, usual.output].map((text) => text.includes('@opentelemetry/api: Registered'))).toEqual([true, false]),
    },
  },
  {
    env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
    effects: {
      // The usual one goes by the caller, who has sampled both.
      OTEL_TRACES_SAMPLER: (got, usual) =>
        expect([usual, got].map(({ spans }) => spans.some(({ traceId }) => traceId === HIGH))).toEqual([true, false]),
      OTEL_TRACES_SAMPLER_ARG: (got) => expect(servers(got).map(({ traceId }) => traceId)).toEqual([LOW]),
    },
  },
  {
    env: {
      OTEL_PROPAGATORS: 'b3',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_LOGS_EXPORTER: 'otlp',
    },
    until: (got) => of(got, '/v1/metrics').length > 1 && of(got, '/v1/logs').length > 0 && named(got, 'last').length > 0,
    effects: {
      OTEL_PROPAGATORS: (got, usual) => expect([got, usual].map((one) => servers(one).at(-1)?.traceId)).toEqual([B3, LOW]),
      OTEL_METRICS_EXPORTER: (got, usual) => {
        expect(of(got, '/v1/metrics').some(({ body }) => body.includes('"things"'))).toBe(true);
        expect(of(usual, '/v1/metrics')).toEqual([]);
      },
      // A minute without it: `until` would have failed.
      OTEL_METRIC_EXPORT_INTERVAL: (got) => expect(of(got, '/v1/metrics').length).toBeGreaterThan(1),
      OTEL_LOGS_EXPORTER: (got, usual) => {
        expect(of(got, '/v1/logs').some(({ body }) => body.includes('"worked"'))).toBe(true);
        expect(of(usual, '/v1/logs')).toEqual([]);
      },
    },
  },
  {
    env: { OTEL_BSP_SCHEDULE_DELAY: '3000' },
    effects: {
      // Noise makes it later only.
      OTEL_BSP_SCHEDULE_DELAY: ({ sent, asked }) => expect((sent[0]?.at ?? 0) - asked).toBeGreaterThan(2800),
    },
  },
  {
    env: { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' },
    effects: {
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: (got, usual) => {
        const most = ({ sent }: Got) => Math.max(...sent.map((one) => spansOf(one).length));
        expect(most(got)).toBe(1);
        expect(most(usual)).toBeGreaterThan(4);
      },
    },
  },
  {
    env: { OTEL_BSP_MAX_QUEUE_SIZE: '2' },
    until: ({ sent }) => sent.length > 0,
    effects: {
      OTEL_BSP_MAX_QUEUE_SIZE: (got, usual) => expect([got, usual].map((one) => named(one, 'fifth').length)).toEqual([0, 2]),
    },
  },
  {
    // The receiver holds the first batch; only the processor gives it up, and sends the next.
    env: { OTEL_BSP_EXPORT_TIMEOUT: '300', OTEL_EXPORTER_OTLP_TIMEOUT: '600000', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5' },
    sink: () => httpSink({ answers: false }),
    until: ({ sent }) => sent.length > 1,
    effects: { OTEL_BSP_EXPORT_TIMEOUT: ({ sent }) => expect(sent.length).toBeGreaterThan(1) },
  },
  {
    env: {
      OTEL_ATTRIBUTE_COUNT_LIMIT: '1',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
      OTEL_SPAN_LINK_COUNT_LIMIT: '1',
      OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: '1',
      OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: '1',
    },
    effects: {
      OTEL_ATTRIBUTE_COUNT_LIMIT: (got, usual) =>
        expect([got, usual].map((one) => first(one)?.attributes.length)).toEqual([1, 2]),
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: (got, usual) =>
        expect([got, usual].map((one) => first(one)?.attributes[0]?.value.stringValue)).toEqual(['ten', 'ten letters']),
      OTEL_SPAN_EVENT_COUNT_LIMIT: (got, usual) => expect([got, usual].map((one) => first(one)?.events.length)).toEqual([1, 2]),
      OTEL_SPAN_LINK_COUNT_LIMIT: (got, usual) => expect([got, usual].map((one) => first(one)?.links.length)).toEqual([1, 2]),
      OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: (got, usual) => {
        const most = (one: Got) => Math.max(...(first(one)?.events.map(({ attributes }) => attributes.length) ?? []));
        expect([got, usual].map(most)).toEqual([expect.toSatisfy((count: number) => count < 2), 2]);
      },
      OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: (got, usual) =>
        expect([got, usual].map((one) => first(one)?.links[0]?.attributes.length)).toEqual([1, 2]),
    },
  },
  {
    env: {
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http',
    },
    effects: {
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: (got) => expect(first(got)?.attributes.length).toBe(1),
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: (got) => expect(first(got)?.attributes[0]?.value.stringValue).toBe('ten'),
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: (got, usual) => expect([got, usual].map((one) => servers(one).length)).toEqual([0, 2]),
    },
  },
  {
    env: {
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pino',
      OTEL_SERVICE_NAME: 'things',
      OTEL_RESOURCE_ATTRIBUTES: 'team=blue',
      OTEL_NODE_RESOURCE_DETECTORS: 'env,host',
    },
    effects: {
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: (got) => expect(servers(got)).toEqual([]),
      OTEL_SERVICE_NAME: ({ resource }) => expect(resource['service.name']).toBe('things'),
      OTEL_RESOURCE_ATTRIBUTES: ({ resource }) => expect(resource.team).toBe('blue'),
      OTEL_NODE_RESOURCE_DETECTORS: (got, usual) =>
        expect([got, usual].map(({ resource }) => 'host.name' in resource)).toEqual([true, false]),
    },
  },
  {
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=light%20blue',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    },
    effects: {
      OTEL_EXPORTER_OTLP_PROTOCOL: ({ sent }, usual) =>
        expect([sent[0], usual.sent[0]].map((one) => one?.headers['content-type'])).toEqual([
          'application/x-protobuf',
          'application/json',
        ]),
      OTEL_EXPORTER_OTLP_HEADERS: ({ sent }) => expect(sent[0]?.headers['x-team']).toBe('light blue'),
      OTEL_EXPORTER_OTLP_COMPRESSION: ({ sent }, usual) =>
        expect([sent[0], usual.sent[0]].map((one) => one?.headers['content-encoding'])).toEqual(['gzip', undefined]),
    },
  },
  {
    env: {},
    effects: { OTEL_EXPORTER_OTLP_ENDPOINT: ({ sent }) => expect(sent[0]?.path).toBe('/v1/traces') },
  },
  {
    // Each of the variables of OTLP may be of one signal.
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '$sink/elsewhere', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    effects: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ({ sent }) => expect(sent[0]?.path).toBe('/elsewhere') },
  },
  {
    env: TLS,
    sink: () => httpSink({ tls: certificates }),
    effects: {
      // The receiver's authority is known by it alone.
      OTEL_EXPORTER_OTLP_CERTIFICATE: ({ sent }) => expect(sent.length).toBeGreaterThan(0),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: ({ sent }) => expect(sent[0]?.client).toBe('client'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: ({ sent }) => expect(sent[0]?.client).toBe('client'),
    },
  },
  {
    env: { ...TLS, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TIMEOUT: '600000' },
    sink: () => grpcSink(certificates),
    effects: { OTEL_EXPORTER_OTLP_TIMEOUT: ({ sent }) => expect(sent[0]?.patience).toBeGreaterThan(300_000) },
  },
];

let usual: Got;
beforeAll(async () => {
  usual = await run({ env: {}, effects: {} });
});

describe.each(RUNS.map((one) => [Object.keys(one.effects).join(', '), one] as const))('%s', (_names, one) => {
  let got: Got;
  beforeAll(async () => {
    got = await run(one);
  });
  it.each(Object.entries(one.effects))('%s has its effect', (_variable, effect) => effect(got, usual));
});

it('is the table of docs/add-a-service.md, each variable once', () => {
  const rows = readFileSync(join(ROOT, 'docs', 'add-a-service.md'), 'utf8').matchAll(/^\| ([^|]*OTEL_[^|]*) \|/gm);
  const documented = Array.from(rows, ([, cell = '']) => cell.match(/OTEL_\w+/g) ?? []).flat();
  expect(documented.toSorted()).toEqual(RUNS.flatMap(({ effects }) => Object.keys(effects)).toSorted());
});
