import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { EmitContextManager } from './context.ts';
import { traceServers } from './http-server.ts';
import { eventually } from './testing/wait.ts';

const exporter = new InMemorySpanExporter();
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register({ contextManager: new EmitContextManager() });
  traceServers(/^\/health/);
  server = createServer((incoming, response) => answer(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  exporter.reset();
  answer = (_request, response) => response.end();
});

const port = () => (server.address() as AddressInfo).port;

/** Sends one request and returns the one span that it became. */
async function spanOf(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<ReadableSpan> {
  const sent = request({ host: '127.0.0.1', port: port(), path, method, headers: { 'user-agent': 'test', ...headers } });
  sent.on('response', (response) => response.resume()).on('error', () => {});
  sent.end();
  return await eventually('the span', () => exporter.getFinishedSpans()[0] ?? false);
}

it('makes a server span with the attributes of the semantic conventions', async () => {
  const span = await spanOf('/things?a=1&sig=secret');
  expect(span).toMatchObject({ name: 'GET', kind: SpanKind.SERVER, status: { code: SpanStatusCode.UNSET } });
  expect(span.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.scheme': 'http',
    'url.path': '/things',
    'url.query': 'a=1&sig=REDACTED',
    'server.address': '127.0.0.1',
    'server.port': port(),
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': expect.any(Number),
    'network.protocol.version': '1.1',
    'user_agent.original': 'test',
  });
});

it.each([
  [{ 'x-forwarded-for': '192.0.2.60:4711, 10.0.0.1', 'x-forwarded-host': 'shop.example' }, '192.0.2.60', 'shop.example', 80],
  [{ forwarded: 'for="[2001:db8::1]:4711";host=shop.example:8443, for=10.0.0.1' }, '2001:db8::1', 'shop.example', 8443],
  [{ host: '[::1]:8080', 'x-forwarded-for': '2001:db8::2' }, '2001:db8::2', '[::1]', 8080],
])('names the caller and the host beyond proxies: %o', async (headers, client, address, hostPort) => {
  const { attributes } = await spanOf('/', headers as Record<string, string>);
  expect(attributes).toMatchObject({ 'client.address': client, 'server.address': address, 'server.port': hostPort });
});

it.each([
  ['http://shop.example/things?a=1', '/things', 'a=1'],
  ['http://shop.example', '/', undefined],
  ['//things', '//things', undefined],
  ['*', '*', undefined],
])('reads the path of the target %s', async (target, path, query) => {
  const { attributes } = await spanOf(target, {}, 'OPTIONS');
  expect([attributes['url.path'], attributes['url.query']]).toEqual([path, query]);
});

it('continues the trace of the caller', async () => {
  const span = await spanOf('/', { traceparent: '00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01' });
  expect(span.spanContext().traceId).toBe('5b8efff798038103d269b633813fc60c');
  expect(span.parentSpanContext).toMatchObject({ spanId: 'eee19b7ec3c1b174', isRemote: true });
});

it('runs what listens to request and response within the span', async () => {
  const seen: unknown[] = [];
  const note = () => seen.push(trace.getActiveSpan()?.spanContext().spanId);
  answer = (incoming, response) => {
    incoming
      .on('end', () => response.on('finish', note).end())
      .on('end', note)
      .resume();
  };
  const span = await spanOf('/', {}, 'POST');
  expect(seen).toEqual([span.spanContext().spanId, span.spanContext().spanId]);
});

it('marks a 5xx answer as an error, and a 4xx one not', async () => {
  answer = (_request, response) => response.writeHead(503).end();
  expect((await spanOf('/')).status.code).toBe(SpanStatusCode.ERROR);
  exporter.reset();
  answer = (_request, response) => response.writeHead(404).end();
  expect((await spanOf('/')).status.code).toBe(SpanStatusCode.UNSET);
});

it('records why a response broke off', async () => {
  answer = (_request, response) => void response.on('error', () => {}).destroy(new Error('gave up'));
  const span = await spanOf('/');
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
  expect(span.events[0]?.attributes).toMatchObject({ 'exception.message': 'gave up' });
});

it('makes no span for an untraced path, nor for what it causes', async () => {
  answer = (incoming, response) => {
    if (incoming.url?.startsWith('/health')) trace.getTracer('test').startSpan('caused').end();
    response.end();
  };
  await fetch(`http://127.0.0.1:${port()}/health`);
  expect((await spanOf('/after')).attributes['url.path']).toBe('/after');
  expect(exporter.getFinishedSpans()).toHaveLength(1);
});
