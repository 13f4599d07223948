/**
 * grpc.health.v1.Health, which load balancers ask: https://github.com/grpc/grpc/blob/master/doc/health-checking.md. They have no key, and learn
 * nothing but that this listens.
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { LENGTH, Wire } from '../store/wire.ts';
import type { Connections } from './connections.ts';
import { fail, receiveMessage, refuse, reply, replyFirst } from './grpc-call.ts';
import type { InFlight } from './in-flight.ts';

const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
export const isHealthPath = (path: string): boolean => path === CHECK || path === WATCH;

/** google.rpc.Code */
const NOT_FOUND = 5;
/** The name of a service is all that a request holds. */
const MAX_BYTES = 4096;
const SERVICE_TAG = (1 << 3) | LENGTH;
/** HealthCheckResponse: its one field, of these values. */
const SERVING = Buffer.from([0x08, 1]);
const SERVICE_UNKNOWN = Buffer.from([0x08, 3]);

export interface HealthServer {
  /** Full names of the services. */
  services: ReadonlySet<string>;
  inFlight: InFlight;
  connections: Connections;
}

/** Answers Check and Watch: what serves here does so for as long as it listens, so that a watch hears once and is then kept. */
export async function serveHealth(
  { services, inFlight, connections }: HealthServer,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const { session } = stream;
  const request = inFlight.open('');
  try {
    const name = serviceOf(await receiveMessage(stream, headers, request, MAX_BYTES));
    const known = name === '' || services.has(name);
    if (headers[':path'] === WATCH) {
      if (session) stream.once('close', connections.answering(session, Number.POSITIVE_INFINITY));
      replyFirst(stream, known ? SERVING : SERVICE_UNKNOWN);
    } else if (known) {
      if (session) stream.once('close', connections.answering(session));
      reply(stream, SERVING);
    } else {
      fail(stream, NOT_FOUND, `no service ${name}: this server has ${[...services].join(', ')}`);
    }
  } catch (error) {
    refuse(stream, error);
  } finally {
    request.close();
  }
}

/** HealthCheckRequest.service. @throws MalformedError */
function serviceOf(message: Buffer): string {
  const wire = new Wire(message);
  let service = '';
  while (wire.pos < message.length) {
    const tag = wire.tag(message.length);
    if (tag !== SERVICE_TAG) {
      wire.skip(tag, message.length);
      continue;
    }
    const end = wire.length(message.length);
    service = message.toString('utf8', wire.pos, end);
    wire.pos = end;
  }
  return service;
}
