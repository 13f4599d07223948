import { gzipSync } from 'node:zlib';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import * as tracing from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logs, metrics, newId, traces, tracesObject, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

interface Ledger {
  signals: {
    signal: string;
    received: number;
    held: number;
    rejected: number;
    duplicate: number;
    keys: { key: string; received: number }[];
  }[];
  requests: { signal: string; transport: string; key: string | null; accepted: number; refused: Record<string, number> }[];
}

describe('OTLP over HTTP', () => {
  let live: Running;
  beforeAll(async () => {
    live = await run({ keys: 'app secret-of-app,slow secret-of-slow 2000' });
  });
  afterAll(() => live.close());

  it('takes what OpenTelemetry itself sends', async () => {
    const exporter = new OTLPTraceExporter({
      url: `${live.otlp.http}/v1/traces`,
      headers: { authorization: `Bearer ${live.key}` },
    });
    const provider = new tracing.BasicTracerProvider({ spanProcessors: [new tracing.BatchSpanProcessor(exporter)] });
    const span = provider.getTracer('test').startSpan('made by the SDK', { attributes: { answer: 42 } });
    span.recordException(new Error('an event'));
    span.end();
    await provider.shutdown();
    const trace = await live.json<{ resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] }>(
      `/api/traces/${span.spanContext().traceId}`,
    );
    const [stored] = trace.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(stored).toMatchObject({ name: 'made by the SDK', attributes: [{ key: 'answer', value: { intValue: '42' } }] });
    expect(stored?.events).toMatchObject([{ name: 'exception' }]);
  });

  it.each(['/v1/traces', '/v1/metrics', '/v1/logs'])(
    'answers %s with an empty response in the type of the request',
    async (path) => {
      const bytes =
        { '/v1/traces': traces('a', [{}]), '/v1/metrics': metrics('a', []), '/v1/logs': logs('a', [{}]) }[path] ??
        Buffer.alloc(0);
      const protobuf = await live.post(path, bytes);
      expect([protobuf.status, protobuf.headers.get('content-type')]).toEqual([200, 'application/x-protobuf']);
      expect((await protobuf.arrayBuffer()).byteLength).toBe(0);
      const json = await live.post(path, '{}');
      expect([json.status, json.headers.get('content-type'), await json.json()]).toEqual([200, 'application/json', {}]);
    },
  );

  it('takes gzip, and says in partial_success what it left out', async () => {
    const object = tracesObject('zipped', [{}, { trace: '0'.repeat(32) }]);
    const zipped = gzipSync(Buffer.from(JSON.stringify(object)));
    const response = await live.post('/v1/traces', zipped, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
    const binary = await live.post('/v1/traces', traces('zipped', [{ trace: '0'.repeat(32) }]));
    expect(Buffer.from(await binary.arrayBuffer()).subarray(2, 4)).toEqual(Buffer.from([0x08, 0x01]));
  });

  it.each([
    ['malformed protobuf', 400, '/v1/traces', Buffer.from([0x0a, 0x7f, 1]), {}],
    ['malformed JSON', 400, '/v1/traces', '{"resourceSpans": [', {}],
    ['JSON that is no request', 400, '/v1/logs', '{"resourceLogs": [{"scopeLogs": [5]}]}', {}],
    ['gzip that is none', 400, '/v1/traces', Buffer.from('not gzip'), { 'content-encoding': 'gzip' }],
    ['an unknown content type', 415, '/v1/traces', '<xml>', { 'content-type': 'text/xml' }],
    ['an unknown encoding', 415, '/v1/traces', Buffer.alloc(0), { 'content-encoding': 'br' }],
    ['no key', 401, '/v1/traces', Buffer.alloc(0), { authorization: '' }],
    ['a wrong key', 401, '/v1/traces', Buffer.alloc(0), { authorization: 'Bearer nonsense' }],
    ['a path that is none', 404, '/v1/profiles', Buffer.alloc(0), {}],
  ] as const)('refuses %s with %i', async (_, status, path, body, headers) => {
    const response = await live.post(path, body, headers);
    expect(response.status).toBe(status);
    await response.arrayBuffer();
  });

  it('says what is wrong as a google.rpc.Status', async () => {
    const response = await live.post('/v1/traces', '{"resourceSpans": 1}');
    expect(await response.json()).toEqual({
      code: 3,
      message: 'malformed request: TracesData.resourceSpans must be an array, not 1',
    });
  });

  it('refuses GET with 405', async () => {
    const response = await fetch(`${live.otlp.http}/v1/traces`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('refuses what unpacks to more than 64 MiB, without unpacking it whole', async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    expect((await live.post('/v1/traces', bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('slows a key that sends more than its bytes per second, and says when to come again', async () => {
    const slow = { authorization: 'Bearer secret-of-slow' };
    const batch = traces(
      'slow',
      Array.from({ length: 100 }, () => ({})),
    );
    expect(batch.length).toBeGreaterThan(4000);
    expect((await live.post('/v1/traces', batch, slow)).status).toBe(200);
    const response = await live.post('/v1/traces', batch, slow);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1')).toContain('google.rpc.RetryInfo');
    expect((await live.post('/v1/traces', batch)).status).toBe(200);
  });

  it('counts every request and item under its key', async () => {
    const trace = newId(32);
    await live.post('/v1/traces', traces('counted', [{ trace }, { trace }]));
    const { signals, requests } = await live.json<Ledger>('/api/ledger');
    for (const { received, held, rejected, duplicate } of signals) expect(held + rejected + duplicate).toBe(received);
    expect(signals[0]?.keys.map(({ key }) => key)).toEqual(['app', 'slow']);
    const app = requests.find(({ signal, transport, key }) => signal === 'traces' && transport === 'http' && key === 'app');
    expect(app?.refused).toEqual({ malformed: 4, unsupported: 2, too_large: 1 });
    const unknown = requests.find(({ signal, key }) => signal === 'traces' && key === null);
    expect(unknown?.refused).toEqual({ unauthorized: 2 });
  });

  it('shows a span as soon as it is taken', async () => {
    const trace = newId(32);
    await live.post('/v1/traces', traces('now', [{ trace }]));
    const found = await until(async () => (await live.get(`/api/traces/${trace}`)).status === 200, 'the trace');
    expect(found).toBe(true);
  });
});
