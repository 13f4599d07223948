import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** The part of OTLP's trace messages that tests look at (opentelemetry-proto 1.x, field numbers as there). */
const { root } = protobuf.parse(`syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6; repeated KeyValue attributes = 9; repeated Link links = 13; }
message Link { bytes trace_id = 1; }
message LogsRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { repeated LogRecord log_records = 2; }
message LogRecord { fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5; bytes trace_id = 9; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`);
const Request = root.lookupType('Request');
const LogsRequest = root.lookupType('LogsRequest');

interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** OTLP's numbers: 2 server, 3 client. */
  kind: number;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  /** Trace ids of its links. */
  links: string[];
}

interface ReceivedLog {
  traceId: string;
  severity: number;
  body: unknown;
  resource: Record<string, unknown>;
}

export interface Receiver {
  endpoint: string;
  spans: ReceivedSpan[];
  logs: ReceivedLog[];
  /** Bodies of /v1/metrics, sent as JSON. */
  metrics: { resourceMetrics: unknown[] }[];
  /** Authorization headers, one per request. */
  authorizations: (string | undefined)[];
  /** What requests get from now on: an HTTP status, or `hang` for no answer at all. */
  answer(with_: number | 'hang'): void;
  of(traceId: string): ReceivedSpan[];
  close(): Promise<void>;
}

/** A real OTLP/HTTP endpoint in this process; `port` to come back at an address that was closed. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const logs: ReceivedLog[] = [];
  const metrics: Receiver['metrics'] = [];
  const authorizations: (string | undefined)[] = [];
  let status: number | 'hang' = 200;
  const server = createServer(async (request, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    authorizations.push(request.headers.authorization);
    if (status === 'hang') return;
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const isJson = request.headers['content-type']?.startsWith('application/json') ?? false;
    if (status === 200 && request.url === '/v1/traces') spans.push(...decode(body, isJson));
    if (status === 200 && request.url === '/v1/logs') logs.push(...decodeLogs(body, isJson));
    // The shop's metrics come as JSON; what watches its database sends protobuf.
    if (status === 200 && request.url === '/v1/metrics' && isJson) metrics.push(JSON.parse(body.toString()));
    response
      .writeHead(status, { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' })
      .end(isJson ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    logs,
    metrics,
    authorizations,
    answer(with_) {
      status = with_;
    },
    of: (traceId) => spans.filter((span) => span.traceId === traceId),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Attribute {
  key: string;
  value?: Record<string, unknown>;
}
interface Message {
  resourceSpans: { resource: { attributes?: Attribute[] }; scopeSpans: { spans: Decoded[] }[] }[];
}
interface Decoded {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes?: Attribute[];
  links?: { traceId: string }[];
}

function read<T>(type: protobuf.Type, body: Buffer, isJson: boolean): T {
  return (isJson ? JSON.parse(body.toString()) : type.toObject(type.decode(body), { bytes: String, longs: Number })) as T;
}

function decode(body: Buffer, isJson: boolean): ReceivedSpan[] {
  const message = read<Message>(Request, body, isJson);
  const hex = isJson ? (id: string) => id : fromBase64;
  return message.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId ?? ''),
        name: span.name,
        kind: span.kind,
        attributes: asRecord(span.attributes),
        resource: asRecord(resource.attributes),
        links: (span.links ?? []).map(({ traceId }) => hex(traceId)),
      })),
    ),
  );
}

interface LogsMessage {
  resourceLogs: {
    resource: { attributes?: Attribute[] };
    scopeLogs: { logRecords: { severityNumber: number; body: Attribute['value']; traceId?: string }[] }[];
  }[];
}

function decodeLogs(body: Buffer, isJson: boolean): ReceivedLog[] {
  const message = read<LogsMessage>(LogsRequest, body, isJson);
  const hex = isJson ? (id: string) => id : fromBase64;
  return message.resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map(({ severityNumber, body, traceId = '' }) => ({
        traceId: hex(traceId),
        severity: severityNumber,
        body: Object.values(body ?? {})[0],
        resource: asRecord(resource.attributes),
      })),
    ),
  );
}

const fromBase64 = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
const asRecord = (attributes: Attribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value = {} }) => [key, Object.values(value)[0]]));
