/** OTLP over HTTP: protobuf and JSON, packed or not. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Taken } from '../intake/intake.ts';
import type { Signal } from '../store/ledger.ts';
import { ACCEPTED_CODINGS } from './codings.ts';
import type { Connections } from './connections.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { asRefused, type Ingest } from './ingest.ts';
import type { Key } from './keys.ts';
import { readBody } from './read-body.ts';
import { exportResponse, exportResponseJson, REFUSALS, RefusedError, statusBytes, statusJson } from './response.ts';
import { clientName } from './tls.ts';

const PROTOBUF = 'application/x-protobuf';
/** What IANA registered later; answered alike. */
const PROTOBUF_TYPES = new Set([PROTOBUF, 'application/protobuf']);
const JSON_TYPE = 'application/json';

const PATHS: Record<string, Signal | undefined> = { '/v1/traces': 'traces', '/v1/metrics': 'metrics', '/v1/logs': 'logs' };

interface OtlpServer {
  ingest: Ingest;
  connections: Connections;
  /** Origins whose pages may send. */
  origins: readonly string[];
}

interface Exchange {
  signal: Signal;
  request: IncomingMessage;
  response: ServerResponse;
  /** The type of the request, and so of the answer. */
  type: string;
  json: boolean;
}

/** The listener of the OTLP port. */
export function otlpHandler(server: OtlpServer): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    allowOrigin(server.origins, request, response);
    const signal = PATHS[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (signal === undefined) {
      plain(response, 404, `no ${request.url}: send OTLP to ${Object.keys(PATHS).join(', ')}`);
    } else if (request.method !== 'POST') {
      if (answerPreflight(request, response)) return;
      response.setHeader('allow', server.origins.length > 0 ? 'POST, OPTIONS' : 'POST');
      plain(response, 405, `${request.method} ${request.url}: OTLP is sent by POST`);
    } else {
      const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
      answer(server, { signal, request, response, type, json: type === JSON_TYPE }).catch((error: unknown) => {
        // A fault of this program: the sender may keep the batch and try again, and the process goes on.
        console.error('live view: cannot take a request:', error);
        plain(response, 500, 'internal error: see the log of the live view');
      });
    }
  };
}

async function answer({ ingest, connections }: OtlpServer, exchange: Exchange): Promise<void> {
  const { signal, request, response, json } = exchange;
  let key: Key;
  try {
    key = ingest.admit(signal, 'http', request.headers.authorization, () => clientName(request.socket, request.socket));
  } catch (error) {
    refuse(exchange, connections, error);
    return;
  }
  connections.begin(request.socket);
  try {
    const taken = await take(ingest, key, exchange);
    send(response, 200, json, exportResponse(taken), () => exportResponseJson(signal, taken));
  } catch (error) {
    refuse(exchange, connections, error);
  } finally {
    connections.end(request.socket);
  }
}

async function take(ingest: Ingest, key: Key, { signal, request, type, json }: Exchange): Promise<Taken> {
  const inFlight = ingest.inFlight.open(key.name);
  try {
    let bytes: Uint8Array;
    try {
      if (!json && !PROTOBUF_TYPES.has(type))
        throw new RefusedError('unsupported', `content-type "${type}": send ${PROTOBUF} or ${JSON_TYPE}`);
      bytes = await readBody(request, inFlight);
    } catch (error) {
      throw ingest.refuse(signal, 'http', key.name, asRefused(error));
    }
    return await ingest.take(signal, 'http', key, bytes, json ? 'json' : 'protobuf');
  } finally {
    inFlight.close();
  }
}

function refuse({ request, response, json }: Exchange, connections: Connections, error: unknown): void {
  const refused = asRefused(error);
  if (refused.retryMs > 0) response.setHeader('retry-after', Math.ceil(refused.retryMs / 1000));
  if (refused.refusal === 'unsupported') {
    response.setHeader('accept', `${PROTOBUF}, ${JSON_TYPE}`);
    response.setHeader('accept-encoding', ACCEPTED_CODINGS);
  }
  if (refused.refusal === 'timeout') response.once('finish', () => connections.close(request.socket, 'timeout'));
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, REFUSALS[refused.refusal].http, json, statusBytes(refused), () => statusJson(refused));
  request.resume();
}

function send(response: ServerResponse, status: number, json: boolean, bytes: Uint8Array, object: () => object): void {
  const body = json ? Buffer.from(JSON.stringify(object())) : bytes;
  response.writeHead(status, { 'content-type': json ? JSON_TYPE : PROTOBUF, 'content-length': body.length });
  // Without a body, head and end go out in one write.
  if (body.length === 0) response.end();
  else response.end(body);
}

function plain(response: ServerResponse, status: number, message: string): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}
