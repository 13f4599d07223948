/**
 * Room receive: whoever sends is let in here, or refused: transports, bodies, keys, limits, workers.
 *
 * The two OTLP listeners, gRPC and HTTP, and what any listener here has in common.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { startGrpc } from './grpc.ts';
import { otlpHandler } from './http.ts';
import type { Ingest } from './ingest.ts';
import type { Tls } from './tls.ts';

export interface ReceiverOptions {
  host: string;
  /** 0 for any free port. */
  ports: { grpc: number; http: number };
  tls: Tls | undefined;
}

export interface Receivers {
  ports: { grpc: number; http: number };
  close(): Promise<void>;
}

/** Listens for OTLP. @throws Error that says which port cannot be listened on, and why */
export async function startReceivers(ingest: Ingest, { host, ports, tls }: ReceiverOptions): Promise<Receivers> {
  const grpc = await named('grpc', ports.grpc, startGrpc(ingest, host, ports.grpc, tls));
  try {
    const http = await listen('http', host, ports.http, tls, otlpHandler(ingest));
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
  handler?: RequestListener,
): Promise<Server> {
  const server = tls ? createTlsServer({ cert: tls.cert, key: tls.key }) : createServer();
  if (handler) server.on('request', handler);
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  await named(what, port, listening);
  return server;
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
