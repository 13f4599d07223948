import type { Attributes, AttributeValue, Link, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { ProtobufWriter } from './protobuf-writer.ts';

/** Bits of `flags` above the eight of the trace flags: that it is known whether the parent is remote, and that it is. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** Field numbers of Span's attributes, the ones that repeat. */
const SPAN_ATTRIBUTES = 9;

/** Keys are few; a service that makes them up must not fill the memory. */
const MAX_KEYS = 256;

/** By key, the last attribute of a span and its bytes: most are those of the span before (method, scheme, host, user agent), and a copy is cheaper. */
const lastAttributes = new Map<string, { value: AttributeValue; bytes: Uint8Array }>();

/**
 * OTLP's ExportTraceServiceRequest in protobuf (opentelemetry-proto 1.x; the numbers are its fields) of `spans`, which are of one resource. The same bytes as
 * `@opentelemetry/otlp-transformer` writes, which walks each span twice and encodes every attribute anew (docs/performance.md).
 */
export function encodeSpans(spans: readonly ReadableSpan[]): Uint8Array {
  const [first] = spans;
  const writer = new ProtobufWriter(spans.length * 512);
  if (!first) return writer.bytes();
  const byScope = new Map<ReadableSpan['instrumentationScope'], ReadableSpan[]>();
  for (const span of spans) {
    const ofScope = byScope.get(span.instrumentationScope);
    if (ofScope) ofScope.push(span);
    else byScope.set(span.instrumentationScope, [span]);
  }
  const resourceSpans = writer.begin(1);
  const resource = writer.begin(1);
  writeAttributes(writer, 1, first.resource.attributes);
  writer.uint(2, 0);
  writer.end(resource);
  for (const [{ name, version, schemaUrl }, ofScope] of byScope) {
    const scopeSpans = writer.begin(2);
    const scope = writer.begin(1);
    writer.string(1, name);
    if (version) writer.string(2, version);
    writer.end(scope);
    for (const span of ofScope) writeSpan(writer, span);
    if (schemaUrl) writer.string(3, schemaUrl);
    writer.end(scopeSpans);
  }
  if (first.resource.schemaUrl) writer.string(3, first.resource.schemaUrl);
  writer.end(resourceSpans);
  return writer.bytes();
}

function writeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  const context = span.spanContext();
  const { parentSpanContext: parent, status } = span;
  const start = writer.begin(2);
  writer.hex(1, context.traceId);
  writer.hex(2, context.spanId);
  const traceState = context.traceState?.serialize();
  if (traceState) writer.string(3, traceState);
  if (parent?.spanId) writer.hex(4, parent.spanId);
  writer.string(5, span.name);
  writer.uint(6, span.kind + 1);
  writer.nanoseconds(7, span.startTime);
  writer.nanoseconds(8, span.endTime);
  for (const key in span.attributes) writeSpanAttribute(writer, key, span.attributes[key]);
  writer.uint(10, span.droppedAttributesCount);
  for (const { time, name, attributes, droppedAttributesCount } of span.events) {
    const event = writer.begin(11);
    writer.nanoseconds(1, time);
    writer.string(2, name);
    writeAttributes(writer, 3, attributes ?? {});
    writer.uint(4, droppedAttributesCount ?? 0);
    writer.end(event);
  }
  writer.uint(12, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writer.uint(14, span.droppedLinksCount);
  const statusStart = writer.begin(15);
  if (status.message) writer.string(2, status.message);
  writer.uint(3, status.code);
  writer.end(statusStart);
  writer.fixed32(16, flags(context, parent?.isRemote));
  writer.end(start);
}

function writeLink(writer: ProtobufWriter, { context, attributes = {}, droppedAttributesCount = 0 }: Link): void {
  const start = writer.begin(13);
  writer.hex(1, context.traceId);
  writer.hex(2, context.spanId);
  const traceState = context.traceState?.serialize();
  if (traceState) writer.string(3, traceState);
  writeAttributes(writer, 4, attributes);
  writer.uint(5, droppedAttributesCount);
  writer.fixed32(6, flags(context, context.isRemote));
  writer.end(start);
}

const flags = ({ traceFlags }: SpanContext, isRemote = false) => traceFlags | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);

function writeSpanAttribute(writer: ProtobufWriter, key: string, value: AttributeValue | undefined): void {
  const last = lastAttributes.get(key);
  if (last && last.value === value) {
    writer.raw(last.bytes);
    return;
  }
  const start = writer.position;
  writeAttribute(writer, SPAN_ATTRIBUTES, key, value);
  // An array can change after; two NaN differ, which is as well.
  if (value === undefined || typeof value === 'object') return;
  if (last) Object.assign(last, { value, bytes: writer.copyFrom(start) });
  else if (lastAttributes.size < MAX_KEYS) lastAttributes.set(key, { value, bytes: writer.copyFrom(start) });
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) writeAttribute(writer, field, key, attributes[key]);
}

function writeAttribute(writer: ProtobufWriter, field: number, key: string, value: unknown): void {
  const keyValue = writer.begin(field);
  writer.string(1, key);
  writeAnyValue(writer, 2, value);
  writer.end(keyValue);
}

function writeAnyValue(writer: ProtobufWriter, field: number, value: unknown): void {
  const start = writer.begin(field);
  if (typeof value === 'string') writer.string(1, value);
  else if (typeof value === 'boolean') writer.uint(2, Number(value));
  else if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) writer.uint(3, value);
    else writer.double(4, value);
  } else if (Array.isArray(value)) {
    const array = writer.begin(5);
    for (const item of value) writeAnyValue(writer, 1, item);
    writer.end(array);
  }
  writer.end(start);
}
