/**
 * OTLP over gRPC: unary calls on node:http2, as https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md describes them. The messages reach the
 * decoder as the bytes they came in. (@grpc/grpc-js' server cannot widen HTTP/2's window of 64 KiB per connection, at which a batch of 250 spans
 * stops twice; it is what the tests speak to this one with.)
 */
import { createSecureServer, createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import { BodyBudget, unpack } from './body.ts';
import { asRefused, type Ingest, MAX_REQUEST_BYTES } from './ingest.ts';
import type { Key } from './keys.ts';
import { exportResponse, REFUSALS, RefusedError, statusBytes } from './response.ts';
import type { Tls } from './tls.ts';

const PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};
const SIGNAL_BY_PATH = new Map(SIGNALS.map((signal) => [PATHS[signal], signal]));

/** HTTP/2's windows: what a client may have on its way before it hears that it was read. */
const STREAM_WINDOW_BYTES = 4 * 2 ** 20;
const CONNECTION_WINDOW_BYTES = 16 * 2 ** 20;
const MAX_STREAMS = 256;
/** Megabytes that one connection may hold in the HTTP/2 layer: the largest message and what is said around it. */
const SESSION_MEGABYTES = 80;
/** gRPC's prefix: a byte that says whether the message is compressed, four of length. */
const PREFIX_BYTES = 5;
/** google.rpc.Code */
const OK = 0;
const INTERNAL = 13;
const UNIMPLEMENTED = 12;

const HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity,gzip' };
const OK_TRAILERS = { 'grpc-status': String(OK) };

interface GrpcServer {
  port: number;
  close(): Promise<void>;
}

/** Listens. @throws Error where the port is taken */
export async function startGrpc(ingest: Ingest, host: string, port: number, tls: Tls | undefined): Promise<GrpcServer> {
  const options = {
    settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxConcurrentStreams: MAX_STREAMS },
    maxSessionMemory: SESSION_MEGABYTES,
  };
  const server: Http2Server = tls ? createSecureServer({ ...options, cert: tls.cert, key: tls.key }) : createServer(options);
  const sessions = new Set<{ destroy(): void }>();
  const budget = new BodyBudget();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  });
  // Or the last bytes of a small answer wait for the client's acknowledgement, 40 ms and more.
  server.on('connection', (socket: Socket) => socket.setNoDelay(true));
  server.on('stream', (stream, headers) => serve(ingest, budget, stream, headers));
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

function serve(ingest: Ingest, budget: BodyBudget, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  // A client that goes away mid-call: there is nobody left to answer.
  stream.on('error', () => stream.destroy());
  if (headers[':method'] !== 'POST' || !String(headers['content-type']).startsWith('application/grpc')) {
    stream.respond({ ':status': 415 }, { endStream: true });
    return;
  }
  const signal = SIGNAL_BY_PATH.get(String(headers[':path']));
  if (signal === undefined) {
    fail(stream, UNIMPLEMENTED, `no method ${headers[':path']}: this server takes OTLP`);
    return;
  }
  let key: Key;
  try {
    key = ingest.admit(signal, 'grpc', headers.authorization);
  } catch (error) {
    refuse(stream, error);
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const refuseBody = (error: RefusedError): void => {
    chunks.length = 0;
    refuse(stream, ingest.refuse(signal, 'grpc', key.name, error));
  };
  stream.on('data', (chunk: Buffer) => {
    if (stream.headersSent) return;
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_REQUEST_BYTES + PREFIX_BYTES) {
      refuseBody(new RefusedError('too_large', `the message has more than ${MAX_REQUEST_BYTES} bytes: send smaller batches`));
    } else if (!budget.take(chunk.length)) {
      refuseBody(budget.exceeded());
    }
  });
  stream.on('close', () => budget.give(length));
  stream.on('end', () => {
    if (stream.headersSent) return;
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
    chunks.length = 0;
    const encoding = String(headers['grpc-encoding'] ?? 'identity');
    if (body.length < PREFIX_BYTES || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) {
      refuseBody(new RefusedError('malformed', 'malformed request: not one whole gRPC message'));
    } else if (body[0] === 0) {
      take(ingest, signal, key, stream, body.subarray(PREFIX_BYTES));
    } else {
      unpack(body.subarray(PREFIX_BYTES), encoding, MAX_REQUEST_BYTES).then(
        (message) => take(ingest, signal, key, stream, message),
        (error: unknown) => refuseBody(asRefused(error)),
      );
    }
  });
}

async function take(ingest: Ingest, signal: Signal, key: Key, stream: ServerHttp2Stream, message: Uint8Array): Promise<void> {
  if (stream.destroyed) return;
  let rejected: number;
  try {
    ({ rejected } = await ingest.take(signal, 'grpc', key, message));
  } catch (error) {
    refuse(stream, error);
    return;
  }
  if (stream.destroyed) return;
  const response = exportResponse(rejected);
  const framed = Buffer.alloc(PREFIX_BYTES + response.length);
  framed.writeUInt32BE(response.length, 1);
  framed.set(response, PREFIX_BYTES);
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(OK_TRAILERS));
  stream.end(framed);
}

function refuse(stream: ServerHttp2Stream, error: unknown): void {
  let refused: RefusedError;
  try {
    refused = asRefused(error);
  } catch (fault) {
    // A fault of this program: the sender may keep the batch and try again, and the process goes on.
    console.error('live view: cannot take a request:', fault);
    fail(stream, INTERNAL, 'internal error: see the log of the live view');
    return;
  }
  const details: Record<string, string> = {};
  if (refused.retryMs > 0) details['grpc-status-details-bin'] = base64(statusBytes(refused));
  fail(stream, REFUSALS[refused.refusal].grpc, refused.message, details);
}

/** Ends a call with a status alone. */
function fail(stream: ServerHttp2Stream, code: number, message: string, details: Record<string, string> = {}): void {
  if (stream.destroyed || stream.headersSent) return;
  // Percent-encoded, as gRPC wants whatever is not printable ASCII.
  const text = encodeURIComponent(message.slice(0, 1000)).replaceAll('%20', ' ');
  stream.respond({ ...HEADERS, 'grpc-status': String(code), 'grpc-message': text, ...details }, { endStream: true });
  stream.resume();
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
