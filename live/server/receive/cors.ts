/** Which pages of other origins may send from a browser: none but those named. https://fetch.spec.whatwg.org/#http-cors-protocol */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a browser may remember the answer to its preflight. */
const MAX_AGE_SECONDS = '7200';

/** @throws Error that names what is no origin */
export function readOrigins(text: string): string[] {
  const origins = text.split(',').flatMap((one) => one.trim() || []);
  for (const origin of origins) {
    if (origin.includes('*') || !URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Error(
        `LIVE_CORS_ORIGINS: "${origin}" is no origin. Write scheme, host and port alone, such as https://shop.example`,
      );
  }
  return origins;
}

/** Says in the answer whether the page that asks may read it; nothing where no origins are named. */
export function allowOrigin(origins: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  if (origins.length === 0) return;
  response.setHeader('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', 'Retry-After');
}

/** Answers a preflight; false where the request is none, or of an origin that is not named. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  if (!response.hasHeader('access-control-allow-origin')) return false;
  response.writeHead(204, {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, content-encoding',
    'access-control-max-age': MAX_AGE_SECONDS,
  });
  response.end();
  return true;
}
