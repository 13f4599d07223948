/**
 * OTLP over gRPC: unary calls on node:http2. The messages reach the decoder as the bytes they came in. (@grpc/grpc-js' server cannot widen HTTP/2's
 * window of 64 KiB per connection, at which a batch of 250 spans stops twice; it is what the tests speak to this one with.)
 */
import { createSecureServer, createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import type { Connections } from './connections.ts';
import { fail, receiveMessage, refuse, reply } from './grpc-call.ts';
import { isHealthPath, serveHealth } from './grpc-health.ts';
import { asRefused, type Ingest } from './ingest.ts';
import type { Key } from './keys.ts';
import { exportResponse } from './response.ts';
import { clientName, followRenewal, sayRefused, type Tls, tlsOptions } from './tls.ts';

const SERVICES: Record<Signal, string> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
};
const SIGNAL_BY_PATH = new Map(SIGNALS.map((signal) => [`/${SERVICES[signal]}/Export`, signal]));

/** HTTP/2's windows: what a client may have on its way before it hears that it was read. */
const STREAM_WINDOW_BYTES = 4 * 2 ** 20;
const CONNECTION_WINDOW_BYTES = 16 * 2 ** 20;
const MAX_STREAMS = 256;
/** Calls without a key that may be under way on a connection. */
const MAX_HEALTH_CALLS = 8;
/** Megabytes that one connection may hold in the HTTP/2 layer: the largest message and what is said around it. */
const SESSION_MEGABYTES = 80;
/** google.rpc.Code */
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

interface GrpcServer {
  port: number;
  close(): Promise<void>;
}

/** Listens. @throws Error where the port is taken */
export async function startGrpc(
  ingest: Ingest,
  connections: Connections,
  host: string,
  port: number,
  tls: Tls | undefined,
): Promise<GrpcServer> {
  const options = {
    settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxConcurrentStreams: MAX_STREAMS },
    maxSessionMemory: SESSION_MEGABYTES,
  };
  const secure = tls && createSecureServer({ ...options, ...tlsOptions(tls) });
  const server: Http2Server = secure ?? createServer(options);
  if (secure) followRenewal(secure, tls, 'grpc');
  if (tls?.ca) sayRefused(server, 'grpc');
  connections.watch(server, 'grpc');
  const health = { services: new Set(Object.values(SERVICES)), inFlight: ingest.inFlight, connections };
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    let healthCalls = 0;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => connections.close(session, 'malformed'));
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('stream', (stream, headers) => {
      stream.on('error', goneMidCall);
      const path = String(headers[':path']);
      const signal = SIGNAL_BY_PATH.get(path);
      if (!isGrpc(stream, headers)) return;
      if (signal !== undefined) {
        serve(ingest, connections, signal, stream, headers);
      } else if (!isHealthPath(path)) {
        fail(stream, UNIMPLEMENTED, `no method ${path}: this server takes OTLP`);
      } else if (healthCalls >= MAX_HEALTH_CALLS) {
        fail(stream, RESOURCE_EXHAUSTED, `more than ${MAX_HEALTH_CALLS} health checks at once`);
      } else {
        healthCalls++;
        stream.once('close', () => healthCalls--);
        void serveHealth(health, stream, headers);
      }
    });
  });
  // Or the last bytes of a small answer wait for the client's acknowledgement, 40 ms and more.
  server.on('connection', (socket: Socket) => socket.setNoDelay(true));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

/** There is nobody left to answer. */
function goneMidCall(this: ServerHttp2Stream): void {
  this.destroy();
}

/** Answers what is no call of gRPC, and then says so. */
function isGrpc(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  if (headers[':method'] !== 'POST') stream.respond({ ':status': 405, allow: 'POST' }, { endStream: true });
  else if (!String(headers['content-type']).startsWith('application/grpc'))
    stream.respond({ ':status': 415, accept: 'application/grpc' }, { endStream: true });
  else return true;
  stream.resume();
  return false;
}

async function serve(
  ingest: Ingest,
  connections: Connections,
  signal: Signal,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const { session } = stream;
  let key: Key;
  try {
    key = ingest.admit(signal, 'grpc', headers.authorization, () => session && clientName(session, session.socket));
  } catch (error) {
    refuse(stream, error);
    return;
  }
  if (session) connections.begin(session);
  const request = ingest.inFlight.open(key.name);
  try {
    let message: Buffer;
    try {
      message = await receiveMessage(stream, headers, request);
    } catch (error) {
      throw ingest.refuse(signal, 'grpc', key.name, asRefused(error));
    }
    const taken = ingest.take(signal, 'grpc', key, message);
    reply(stream, exportResponse(taken instanceof Promise ? await taken : taken));
  } catch (error) {
    refuse(stream, error);
  } finally {
    request.close();
    if (session) connections.end(session);
  }
}
