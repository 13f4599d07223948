/** Senders that cost as little as can be, so that the receiver is what is measured. Each keeps 8 requests under way. */
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { Signal } from '../server/store/ledger.ts';
import { StampedBatch } from './stamped.ts';

const UNDER_WAY = 8;

const GRPC_PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

interface Sending {
  /** Requests answered well. */
  requests: number;
  seconds: number;
}

/** What is sent over and over: of spans each time new ones, since one that came before is counted and left out. There are more of them than requests under way. */
export type Request = Buffer | StampedBatch;

/** Sends the requests in turn for `seconds`. @throws Error at the first answer that is not good */
export type Sender = (
  port: number,
  signal: Signal,
  requests: readonly Request[],
  key: string,
  seconds: number,
) => Promise<Sending>;

/** The requests as they go out, behind what `head` makes for a length; of which the `n`th is next. */
function outgoing(requests: readonly Request[], head: (length: number) => Buffer): (n: number) => Buffer {
  const made = requests.map((request) => {
    const body = request instanceof StampedBatch ? request.body : request;
    const before = head(body.length);
    return { request, bytes: Buffer.concat([before, body]), at: before.length };
  });
  return (n) => {
    const { request, bytes, at } = made[n % made.length] as (typeof made)[number];
    if (request instanceof StampedBatch) request.stamp(Date.now(), bytes, at);
    return bytes;
  };
}

/** OTLP over HTTP by plain sockets: the request is made beforehand, of the answer only its first line is looked at. */
export const sendHttp: Sender = async (port, signal, requests, key, seconds) => {
  const head = (length: number): string =>
    `POST /v1/${signal} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n` +
    `content-type: application/x-protobuf\r\ncontent-length: ${length}\r\n\r\n`;
  const bytesOf = outgoing(requests, (length) => Buffer.from(head(length)));
  return timed(seconds, async (next) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    try {
      await loop(socket, bytesOf, next);
    } finally {
      socket.destroy();
    }
  });
};

function loop(socket: Socket, bytesOf: (n: number) => Buffer, next: () => number): Promise<void> {
  return new Promise((resolve, reject) => {
    const send = (): void => {
      const n = next();
      if (n < 0) resolve();
      else socket.write(bytesOf(n));
    };
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (chunk.subarray(0, 12).toString('latin1') === 'HTTP/1.1 200') send();
      else reject(new Error(`answered ${chunk.subarray(0, 200).toString('latin1')}`));
    });
    socket.on('connect', send);
  });
}

/** OTLP over gRPC by node:http2 on one connection, each request a stream as gRPC frames it. */
export const sendGrpc: Sender = async (port, signal, requests, key, seconds) => {
  const bytesOf = outgoing(requests, (length) => {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(length, 1);
    return prefix;
  });
  const createConnection = (): Socket => connect(port, '127.0.0.1').setNoDelay(true);
  const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection });
  const headers = {
    ':method': 'POST',
    ':path': GRPC_PATHS[signal],
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${key}`,
  };
  try {
    return await timed(seconds, async (next) => {
      for (let n = next(); n >= 0; n = next()) {
        await new Promise<void>((resolve, reject) => {
          const stream = session.request(headers);
          let status: unknown;
          stream.on('response', (answer) => {
            status = answer['grpc-status'] ?? status;
          });
          stream.on('trailers', (trailers) => {
            status = trailers['grpc-status'];
          });
          stream.on('error', reject);
          stream.on('close', () => (String(status) === '0' ? resolve() : reject(new Error(`gRPC status ${status}`))));
          stream.resume();
          stream.end(bytesOf(n));
        });
      }
    });
  } finally {
    session.destroy();
  }
};

/** Runs as many loops as requests are to be under way; `next` gives each the number of its next request, -1 when time is up. */
async function timed(seconds: number, run: (next: () => number) => Promise<void>): Promise<Sending> {
  const started = performance.now();
  let sent = 0;
  const next = (): number => (performance.now() - started < seconds * 1000 ? sent++ : -1);
  await Promise.all(Array.from({ length: UNDER_WAY }, () => run(next)));
  return { requests: sent, seconds: (performance.now() - started) / 1000 };
}
