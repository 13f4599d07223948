/** OTLP over HTTP: protobuf and JSON, packed or not. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonToProtobuf } from '../otlp/json-to-protobuf.ts';
import type { MessageName } from '../otlp/schema.ts';
import type { Signal } from '../store/ledger.ts';
import { BodyReader } from './body.ts';
import { asRefused, type Ingest, MAX_REQUEST_BYTES } from './ingest.ts';
import type { Key } from './keys.ts';
import { exportResponse, exportResponseJson, REFUSALS, RefusedError, statusBytes, statusJson } from './response.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const PATHS: Record<string, { signal: Signal; message: MessageName }> = {
  '/v1/traces': { signal: 'traces', message: 'TracesData' },
  '/v1/metrics': { signal: 'metrics', message: 'MetricsData' },
  '/v1/logs': { signal: 'logs', message: 'LogsData' },
};

/** The listener of the OTLP port. */
export function otlpHandler(ingest: Ingest): (request: IncomingMessage, response: ServerResponse) => void {
  const bodies = new BodyReader(MAX_REQUEST_BYTES);
  return (request, response) => {
    const path = PATHS[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (path === undefined) {
      plain(response, 404, `no ${request.url}: send OTLP to ${Object.keys(PATHS).join(', ')}`);
    } else if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      plain(response, 405, `${request.method} ${request.url}: OTLP is sent by POST`);
    } else {
      answer(ingest, bodies, path.signal, path.message, request, response).catch((error: unknown) => {
        // A fault of this program: the sender may keep the batch and try again, and the process goes on.
        console.error('live view: cannot take a request:', error);
        plain(response, 500, 'internal error: see the log of the live view');
      });
    }
  };
}

async function answer(
  ingest: Ingest,
  bodies: BodyReader,
  signal: Signal,
  message: MessageName,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const json = type === JSON_TYPE;
  let key: Key | undefined;
  try {
    key = ingest.admit(signal, 'http', request.headers.authorization);
    const bytes = await readBytes(bodies, request, json, type, message).catch((error: unknown) => {
      throw ingest.refuse(signal, 'http', key?.name ?? null, asRefused(error));
    });
    const { rejected } = await ingest.take(signal, 'http', key, bytes);
    send(response, 200, json, exportResponse(rejected), () => exportResponseJson(signal, rejected));
  } catch (error) {
    const refused = asRefused(error);
    if (refused.retryMs > 0) response.setHeader('retry-after', Math.ceil(refused.retryMs / 1000));
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, REFUSALS[refused.refusal].http, json, statusBytes(refused), () => statusJson(refused));
    request.resume();
  }
}

async function readBytes(
  bodies: BodyReader,
  request: IncomingMessage,
  json: boolean,
  type: string,
  message: MessageName,
): Promise<Uint8Array> {
  if (!json && type !== PROTOBUF) {
    throw new RefusedError('unsupported', `content-type "${type}": send ${PROTOBUF} or ${JSON_TYPE}`);
  }
  const body = await bodies.read(request);
  return json ? jsonToProtobuf(body.toString('utf8'), message) : body;
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
