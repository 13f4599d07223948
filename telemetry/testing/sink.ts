import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Certificates } from './certificates.ts';

/** A request as it came: what the standard variables of OTLP decide. */
export interface Arrived {
  path: string;
  headers: Record<string, unknown>;
  body: Buffer;
  /** Milliseconds since 1970. */
  at: number;
  /** Name in the certificate that the client showed. */
  client?: string;
  /** Of gRPC, how long the client waits, in milliseconds. */
  patience?: number;
}

export interface Sink {
  endpoint: string;
  arrived: Arrived[];
  close(): void;
}

/** Takes OTLP/HTTP, over TLS where it has certificates (then of known clients only); `answers` false: holds each request without an answer. */
export async function httpSink({ tls, answers = true }: { tls?: Certificates; answers?: boolean } = {}): Promise<Sink> {
  const arrived: Arrived[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const client = tls && String((request.socket as TLSSocket).getPeerCertificate().subject.CN);
    arrived.push({ path: request.url ?? '', headers: request.headers, body, at: Date.now(), ...(client && { client }) });
    if (answers) response.end();
  };
  const server = tls
    ? createTlsServer({ ...tls.server, ca: tls.authority, requestCert: true, rejectUnauthorized: true }, take)
    : createServer(take);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint: `http${tls ? 's' : ''}://127.0.0.1:${port}`, arrived, close };
}

/** Takes OTLP/gRPC over TLS, of known clients only. */
export async function grpcSink({ server: { cert, key }, authority }: Certificates): Promise<Sink> {
  const arrived: Arrived[] = [];
  const server = new Server();
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const asIs = (bytes: Buffer) => bytes;
  const raw = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
  server.addService(
    { Export: { path, requestStream: false, responseStream: false, ...raw } },
    {
      Export(call: { request: Buffer; metadata: { getMap(): object }; getDeadline(): number | Date }, done: unknown) {
        const patience = Number(call.getDeadline()) - Date.now();
        arrived.push({ path, headers: { ...call.metadata.getMap() }, body: call.request, at: Date.now(), patience });
        if (typeof done === 'function') done({ code: status.OK }, Buffer.alloc(0));
      },
    },
  );
  const pair = [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }];
  const credentials = ServerCredentials.createSsl(Buffer.from(authority), pair, true);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { endpoint: `https://127.0.0.1:${port}`, arrived, close: () => server.forceShutdown() };
}
