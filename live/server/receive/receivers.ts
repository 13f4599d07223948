/**
 * Room receive: whoever sends is let in here, or refused: transports, bodies, keys, limits, workers.
 *
 * The two OTLP listeners, gRPC and HTTP, and what any listener here has in common.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { Connections } from './connections.ts';
import { startGrpc } from './grpc.ts';
import { otlpHandler } from './http.ts';
import type { Ingest } from './ingest.ts';
import { followRenewal, sayRefused, type Tls, tlsOptions } from './tls.ts';

export interface ReceiverOptions {
  host: string;
  /** 0 for any free port. */
  ports: { grpc: number; http: number };
  tls: Tls | undefined;
  /** Origins whose pages may send over HTTP. */
  origins: readonly string[];
}

export interface Receivers {
  ports: { grpc: number; http: number };
  close(): Promise<void>;
}

/** Idle connections stay for longer than any exporter pauses; Node says so in Keep-Alive. */
const KEEP_ALIVE_MS = 150_000;
/** Deadlines of Node's own: for a request's head, and for all of one that was answered before it was here. */
const HEAD_MS = 15_000;
const REQUEST_MS = 60_000;
const CHECK_MS = 1000;

/**
 * Lets V8's heap grow to three times what is left of it before all of it is marked again. The bytes of each read lie outside the heap and count as its
 * growth; the heap itself is small, so that by V8's own rule it was marked fifteen times a second under load, a third of a receiver's time. More than
 * that, which is faster still, leaves more dead bytes of large requests: the process has 512 MiB. The limits of the heap (--max-old-space-size) hold.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=200');
}

/** Listens for OTLP. @throws Error that says which port cannot be listened on, and why */
export async function startReceivers(
  ingest: Ingest,
  connections: Connections,
  { host, ports, tls, origins }: ReceiverOptions,
): Promise<Receivers> {
  letHeapGrow();
  const grpc = await named('grpc', ports.grpc, startGrpc(ingest, connections, host, ports.grpc, tls));
  try {
    const http = await listen('http', host, ports.http, tls, connections, otlpHandler({ ingest, connections, origins }));
    const close = async (): Promise<void> => {
      await closeServer(http);
      await grpc.close();
    };
    return { ports: { grpc: grpc.port, http: portOf(http) }, close };
  } catch (error) {
    await grpc.close();
    throw error;
  }
}

/** Listens for HTTP, or HTTPS where there is a certificate. @throws Error that says which port cannot be listened on, and why */
export async function listen(
  what: 'http' | 'page',
  host: string,
  port: number,
  tls: Tls | undefined,
  connections: Connections,
  handler?: RequestListener,
): Promise<Server> {
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEAD_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: CHECK_MS,
  };
  const secure = tls && createTlsServer({ ...options, ...tlsOptions(tls) });
  const server = secure ?? createServer(options);
  if (secure) followRenewal(secure, tls, what);
  if (tls?.ca) sayRefused(server, what);
  connections.watch(server, what);
  if (handler) server.on('request', handler);
  server.on('timeout', (socket) => connections.close(socket, 'idle'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => answerError(connections, error, socket));
  server.on('connect', (_, socket) =>
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nallow: GET, POST\r\nconnection: close\r\n\r\n'),
  );
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  await named(what, port, listening);
  return server;
}

/** Answers what is no request, or not whole in time, and ends its connection. */
function answerError(connections: Connections, { code }: NodeJS.ErrnoException, socket: Socket): void {
  const late = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = late
    ? '408 Request Timeout'
    : code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  if (socket.writable && code !== 'ECONNRESET') socket.write(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
  connections.close(socket, late ? 'timeout' : code === 'ECONNRESET' ? 'client' : 'malformed');
}

async function named<T>(what: 'grpc' | 'http' | 'page', port: number, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { message } = error as Error;
    const taken = message.includes('EADDRINUSE') ? 'it is taken' : message;
    throw new Error(`the live view cannot listen on its ${what} port ${port}: ${taken}. Choose another with ports.${what}`);
  }
}

/** Ends a server and whatever is connected to it. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;
