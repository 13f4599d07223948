/** Calls of gRPC by HTTP/2 itself, for what no gRPC client would send. */
import { connect, type IncomingHttpHeaders } from 'node:http2';

export const GRPC_PATHS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

export interface Answer {
  http: number;
  status: string;
  message: string;
  headers: IncomingHttpHeaders;
}

/** One call on a connection of its own. */
export function call(url: string, path: string, body: Buffer, more: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connect(url);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...more,
    });
    const answer: Answer = { http: 0, status: '', message: '', headers: {} };
    const note = (fields: IncomingHttpHeaders): void => {
      answer.http = Number(fields[':status'] ?? answer.http);
      answer.status = String(fields['grpc-status'] ?? answer.status);
      answer.message = decodeURIComponent(String(fields['grpc-message'] ?? answer.message));
      Object.assign(answer.headers, fields);
    };
    stream.on('response', note).on('trailers', note).on('error', reject);
    stream.on('close', () => {
      session.destroy();
      resolve(answer);
    });
    stream.resume();
    stream.end(body);
  });
}

/** A message with gRPC's prefix. */
export function framed(message: Buffer, compressed = 0): Buffer {
  const prefix = Buffer.from([compressed, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
