/** Answers of the API. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from './static.ts';

/** Bytes of one part of an answer that is sent as it is made. */
export const PART_BYTES = 2 ** 18;
/** Who reads nothing of such an answer for as long as this is gone: what it is made of is kept for him. */
const UNREAD_MS = 30_000;

export function sendJson(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, 'application/json', Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

export function sendText(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  response.writeHead(status, headersOf(type, { 'content-length': bytes.length }));
  response.end(bytes);
}

/** Sends JSON part by part, as fast as it is read. @param next the next part; undefined after the last */
export async function sendParts(response: ServerResponse, next: () => Promise<string | undefined>): Promise<void> {
  let part = await next();
  response.writeHead(200, headersOf('application/json'));
  for (; part !== undefined; part = await next()) {
    if (!response.write(part)) await drained(response);
  }
  response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  try {
    await once(response, 'drain', { signal: AbortSignal.timeout(UNREAD_MS) });
  } catch {
    response.destroy();
  }
}

const headersOf = (type: string, more: Record<string, number> = {}): Record<string, string | number> => ({
  ...SECURITY_HEADERS,
  'content-type': type,
  'cache-control': 'no-store',
  ...more,
});
