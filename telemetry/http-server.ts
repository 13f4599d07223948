import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type RPCMetadata, RPCType, setRPCMetadata, suppressTracing } from '@opentelemetry/core';
import { expressRoute } from './express-route.ts';

/** Methods of RFC 9110, PATCH (RFC 5789) and QUERY; any other is `_OTHER`, so that a stranger cannot make up values. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);

/** Query parameters that hold signatures or keys; the semantic conventions' list for `url.query`. */
const SECRET_PARAMETERS = ['AWSAccessKeyId', 'Signature', 'sig', 'X-Goog-Signature'];

/**
 * Makes a span of each request that a server of node:http or node:https answers in this process, with the attributes of the semantic conventions for HTTP
 * servers. `@opentelemetry/instrumentation-http` does it too, at a higher price (docs/performance.md); outgoing requests stay with it.
 * Requests whose path matches `untraced` get no span, and neither does what they cause.
 */
export function traceServers(untraced: RegExp): void {
  const tracer = trace.getTracer('sightline');
  const answerTraced = (scheme: string, request: IncomingMessage, response: ServerResponse, answer: () => boolean): boolean => {
    if (untraced.test(request.url ?? '')) return context.with(suppressTracing(ROOT_CONTEXT), answer);
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer.startSpan(spanName(request), { kind: SpanKind.SERVER }, parent);
    // Not at the start, where the SDK copies them twice for samplers: those that variables can name look at ids alone.
    if (span.isRecording()) span.setAttributes(requestAttributes(scheme, request));
    const metadata: RPCMetadata = { type: RPCType.HTTP, span };
    const active = setRPCMetadata(trace.setSpan(parent, span), metadata);
    context.bind(active, request);
    context.bind(active, response);
    response.once('close', () => endSpan(span, request, response, metadata.route));
    return context.with(active, answer);
  };
  for (const [scheme, server] of [
    ['http', HttpServer.prototype],
    ['https', HttpsServer.prototype],
  ] as const) {
    const emit = server.emit as (...event: unknown[]) => boolean;
    server.emit = function (this: HttpServer, ...event: unknown[]) {
      const [name, request, response] = event;
      if (name !== 'request') return emit.apply(this, event);
      return answerTraced(scheme, request as IncomingMessage, response as ServerResponse, () => emit.apply(this, event));
    };
  }
}

/** `GET`, and with the route `GET /things/:id`; `HTTP` for a method that somebody made up. */
function spanName({ method = 'GET' }: IncomingMessage, route?: string): string {
  const name = METHODS.has(method) ? method : 'HTTP';
  return route ? `${name} ${route}` : name;
}

function requestAttributes(scheme: string, request: IncomingMessage): Attributes {
  const { headers, socket, method = 'GET', url: target = '/' } = request;
  // A proxy is asked for the whole address.
  const url = target.startsWith('/') ? target : target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '') || '/';
  const known = METHODS.has(method);
  const search = url.indexOf('?');
  const forwarded = headers.forwarded ?? headers['x-forwarded-host'] ?? headers['x-forwarded-for'];
  const { host, client } = forwarded ? beyondProxies(request) : { host: headers.host, client: undefined };
  const port = host === undefined ? -1 : host.indexOf(':', host.indexOf(']') + 1);
  return {
    'http.request.method': known ? method : '_OTHER',
    'http.request.method_original': known ? undefined : method,
    'url.scheme': scheme,
    'url.path': search < 0 ? url : url.slice(0, search),
    'url.query': search < 0 ? undefined : withoutSecrets(url.slice(search + 1)),
    'server.address': port < 0 ? host : host?.slice(0, port),
    'server.port': host === undefined ? undefined : port < 0 ? (scheme === 'https' ? 443 : 80) : Number(host.slice(port + 1)),
    'network.peer.address': socket.remoteAddress,
    'network.peer.port': socket.remotePort,
    'network.protocol.version': request.httpVersion,
    'user_agent.original': headers['user-agent'],
    'client.address': client ?? socket.remoteAddress,
  };
}

/** The caller and the host it asked for, as the nearest proxies say: `Forwarded` (RFC 7239), else the X-Forwarded-* headers. */
function beyondProxies({ headers }: IncomingMessage): { host: string | undefined; client: string | undefined } {
  const forwarded = (key: string) => new RegExp(`\\b${key}="?([^",;]+)`, 'i').exec(headers.forwarded ?? '')?.[1];
  const first = (header: string | string[] | undefined) => header?.toString().split(',')[0]?.trim();
  const client = forwarded('for') ?? first(headers['x-forwarded-for']);
  return {
    host: forwarded('host') ?? first(headers['x-forwarded-host']) ?? headers.host,
    // Without brackets and port: "[2001:db8::1]:4711", "192.0.2.60:4711".
    client: client?.replace(/^\[(.*)\].*$/, '$1').replace(/^([^:]+):\d+$/, '$1'),
  };
}

function withoutSecrets(query: string): string {
  if (!SECRET_PARAMETERS.some((name) => query.includes(name))) return query;
  const parameters = new URLSearchParams(query);
  for (const name of SECRET_PARAMETERS) if (parameters.has(name)) parameters.set(name, 'REDACTED');
  return parameters.toString();
}

function endSpan(span: Span, request: IncomingMessage, response: ServerResponse, routeOfFramework: string | undefined): void {
  if (span.isRecording()) {
    const route = routeOfFramework ?? expressRoute(request);
    span.setAttribute('http.response.status_code', response.statusCode);
    if (route) span.setAttribute('http.route', route).updateName(spanName(request, route));
    if (response.errored) span.recordException(response.errored);
    if (response.errored || response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
