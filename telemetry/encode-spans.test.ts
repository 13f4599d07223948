import {
  createTraceState,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { encodeSpans } from './encode-spans.ts';

const remote: SpanContext = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  traceState: createTraceState('vendor=1'),
};

/** Spans of two scopes with all that a span can have. */
function spans(): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const resource = resourceFromAttributes({ 'service.name': 'things', 'service.version': '1.2.3' });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const server = provider.getTracer('server', '1.0.0', { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' });
  const client = provider.getTracer('client');
  for (const port of [40000, 40001, 40001]) {
    const attributes = { 'http.request.method': 'GET', 'network.peer.port': port, 'http.route': '/', sampled: true };
    server.startSpan('GET /', { kind: SpanKind.SERVER, attributes }).end();
  }
  const numbers = { zero: 0, negative: -5, large: 2 ** 53 + 2, larger: -(2 ** 62), huge: 1e300, half: 0.5, nan: Number.NaN };
  const texts = { empty: '', german: 'Größe', emoji: '🙂', long: 'é'.repeat(100_000) };
  const lists = { strings: ['a', 'b'], numbers: [1, 2.5], none: [], mixed: [true, false] };
  const links = [{ context: remote, attributes: { reason: 'retry' } }, { context: { ...remote, isRemote: false } }];
  const parent = trace.setSpanContext(ROOT_CONTEXT, remote);
  const span = client.startSpan('call', { kind: SpanKind.CLIENT, links, attributes: { ...numbers, ...texts, ...lists } }, parent);
  span.recordException(new Error('refused'));
  span.addEvent('told', { attempt: 2 }, [1, 999_999_999]).setStatus({ code: SpanStatusCode.ERROR, message: 'refused' });
  span.end([0xffff_ffff, 123_456_789]);
  return exporter.getFinishedSpans();
}

it('encodes spans to the bytes that the SDK makes of them, again and again', () => {
  const finished = spans();
  const expected = Buffer.from(ProtobufTraceSerializer.serializeRequest(finished) ?? []);
  for (const _time of [1, 2]) expect(Buffer.from(encodeSpans(finished)).equals(expected)).toBe(true);
  expect(expected.length).toBeGreaterThan(200_000);
});

it('encodes an attribute anew when an array in it has changed', () => {
  const [first, ...others] = spans();
  const tags = ['a'];
  const changing = { ...first, spanContext: () => remote, attributes: { tags } } as unknown as ReadableSpan;
  encodeSpans([changing]);
  tags.push('b');
  expect(Buffer.from(encodeSpans([changing, ...others])).includes('tags')).toBe(true);
  expect(Buffer.from(encodeSpans([changing]))).toEqual(Buffer.from(ProtobufTraceSerializer.serializeRequest([changing]) ?? []));
});
