/**
 * Room page: HTTP for people and programs: the page, the API's routes, import and export.
 *
 * The page's server: login, API, own metrics, the built page. Everything but the page's files and /healthz wants a key or the cookie.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadRequestError, NotFoundError, Query } from '../query/query.ts';
import type { Connections } from '../receive/connections.ts';
import { asRefused, type Ingest } from '../receive/ingest.ts';
import { Key, type Keys } from '../receive/keys.ts';
import type { Live } from '../receive/live.ts';
import { REFUSALS, RefusedError } from '../receive/response.ts';
import { type Sessions, sameOrigin } from '../receive/session.ts';
import { GoneError, inSlices, type Steps } from '../store/slices.ts';
import type { Vitals } from '../stream/vitals.ts';
import { otlpText, partOf, type Rows } from './otlp-text.ts';
import { QueryPlaces } from './query-places.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { selfMetrics } from './self-metrics.ts';
import { PART_BYTES, sendJson, sendParts, sendText } from './send.ts';
import { SECURITY_HEADERS, serveFile, serveRunbook } from './static.ts';

interface PageServer {
  live: Live;
  ingest: Ingest;
  connections: Connections;
  keys: Keys;
  sessions: Sessions;
  vitals: Vitals;
  /** The built page. */
  staticFolder: string;
  /** The runbooks of alerts, one file each: whoever is woken reads them without a login. */
  runbookFolder: string;
  /** The text of openapi.yml. */
  openApi: string;
  /** Addresses of the other tools, by name. */
  links: Record<string, string>;
  /** The one-time link for a token. */
  loginUrl(token: string): string;
}

/** Who asks: by key (with its name) or by cookie. */
interface Caller {
  via: 'key' | 'cookie';
  key: Key;
}

/** The name under which rows are counted that were imported with the cookie. */
const PAGE_KEY = 'page';
/** Where an alert's annotation leads to. */
const RUNBOOK = /^\/runbooks\/(\w+)$/;
/** What paths are resolved against; never a real host. */
const BASE = 'http://page.invalid';

/** What is answered here, before the table of routes, and by which methods. */
const BUILT_IN: Record<string, readonly string[]> = {
  '/healthz': ['GET', 'HEAD'],
  '/login': ['GET'],
  '/metrics': ['GET', 'HEAD'],
  '/api/openapi.yml': ['GET', 'HEAD'],
  '/api/session': ['GET', 'DELETE'],
  '/api/login-links': ['POST'],
};
const OF_FILES = ['GET', 'HEAD'];

class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** @throws HttpError 405 where the method is none of them */
function checkMethod(method: string, pathname: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  const allow = allowed.join(', ');
  throw new HttpError(405, 'method_not_allowed', `${method} ${pathname.slice(0, 200)}: use ${allow}`, { allow });
}

/** The caller of a request. @throws HttpError 401, or 403 where a page of another origin uses the cookie */
function authenticate({ keys, sessions }: Pick<PageServer, 'keys' | 'sessions'>, request: IncomingMessage, pageKey: Key): Caller {
  const key = keys.findAsking(request.headers.authorization);
  if (key !== undefined) return { via: 'key', key };
  if (!sessions.has(request)) {
    throw new HttpError(401, 'unauthorized', 'open the link printed at start, or send "Authorization: Bearer <key>"');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD' && !sameOrigin(request)) {
    throw new HttpError(403, 'forbidden', `requests of ${request.headers.origin ?? 'no origin'} may not change anything here`);
  }
  return { via: 'cookie', key: pageKey };
}

/** The listener of the page's port. */
export function pageHandler(server: PageServer): (request: IncomingMessage, response: ServerResponse) => void {
  const metrics = selfMetrics(server.live, server.vitals);
  const pageKey = new Key({ name: PAGE_KEY, token: '', bytesPerSecond: 0 }, server.live.now());
  const places = new QueryPlaces();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!URL.canParse(request.url ?? '/', BASE)) throw new BadRequestError('the address of the request is none');
    const { connections } = server;
    const { socket, method = '' } = request;
    const url = new URL(request.url ?? '/', BASE);
    const { pathname } = url;
    const isFile = pathname !== '/metrics' && !pathname.startsWith('/api/');
    const methods = BUILT_IN[pathname] ?? (isFile ? OF_FILES : undefined);
    if (methods) checkMethod(method, pathname, methods);
    if (isFile) {
      response.once('close', connections.answering(socket));
      if (pathname === '/healthz') return sendText(response, 200, 'text/plain; charset=utf-8', 'ok\n');
      if (pathname === '/login') return logIn(server, url, response);
      const [, runbook] = RUNBOOK.exec(pathname) ?? [];
      if (runbook) return serveRunbook(server.runbookFolder, runbook, response, method === 'HEAD');
      return serveFile(server.staticFolder, pathname, response, method === 'HEAD');
    }
    const caller = authenticate(server, request, pageKey);
    connections.begin(socket);
    response.once('close', () => connections.end(socket));
    if (pathname === '/metrics') return sendText(response, 200, metrics.contentType, await metrics.metrics());
    if (pathname === '/api/openapi.yml') return sendText(response, 200, 'application/yaml', server.openApi);
    if (pathname === '/api/session') return session(server, caller, request, response);
    if (pathname === '/api/login-links') return sendJson(response, 201, { url: server.loginUrl(server.sessions.newLink()) });
    const { route, path } = findRoute(method, pathname);
    const query = new Query(route.params, url.searchParams);
    const { live, ingest, vitals } = server;
    const { key } = caller;
    const asker = { owner: key.name, gone: () => response.destroyed };
    const slowly = <T>(steps: Steps<T>): Promise<T> => inSlices(steps, asker);
    const sendRows = (rows: Rows): Promise<void> => {
      const texts = otlpText(rows);
      return sendParts(response, () => slowly(partOf(texts, PART_BYTES)));
    };
    const leave = await places.take(key.name);
    try {
      const result = await route.handle({ live, ingest, vitals, query, path, key, request, response, slowly, sendRows });
      if (result !== undefined) sendJson(response, 200, result);
    } finally {
      leave();
    }
  };

  return (request, response) => {
    answer(request, response).catch((error: unknown) => sendError(request, response, error));
  };
}

const MATCHERS = ROUTES.map((route) => ({ route, pattern: new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`) }));

function findRoute(method: string, pathname: string): { route: Route; path: Record<string, string> } {
  const matching = MATCHERS.filter(({ pattern }) => pattern.test(pathname));
  const match = matching.find(({ route }) => route.method === method);
  if (match === undefined) {
    if (matching.length > 0)
      checkMethod(
        method,
        pathname,
        matching.map(({ route }) => route.method),
      );
    throw new NotFoundError(`no ${pathname.slice(0, 200)}: /api/openapi.yml lists every path`);
  }
  const parts = Object.entries(match.pattern.exec(pathname)?.groups ?? {});
  try {
    return { route: match.route, path: Object.fromEntries(parts.map(([name, value]) => [name, decodeURIComponent(value)])) };
  } catch {
    throw new BadRequestError('the path is not encoded as it should be');
  }
}

function logIn({ sessions }: PageServer, url: URL, response: ServerResponse): void {
  const cookie = sessions.logIn(url.searchParams.get('token') ?? '');
  if (cookie === undefined) {
    const page =
      '<!doctype html><meta charset="utf-8"><title>Live view: log in</title><h1>This link was used, or is unknown</h1>' +
      '<p>Each link logs in one browser. Another: <code>curl -X POST -H "Authorization: Bearer &lt;key&gt;" &lt;this address&gt;/api/login-links</code>, ' +
      'or start the live view again.';
    sendText(response, 401, 'text/html; charset=utf-8', page);
    return;
  }
  response.writeHead(303, {
    ...SECURITY_HEADERS,
    'set-cookie': cookie,
    location: ownPath(url.searchParams.get('next') ?? '/'),
    'cache-control': 'no-store',
  });
  response.end();
}

/** A path of this server; '/' for whatever a browser would take for another host. */
function ownPath(next: string): string {
  const target = URL.canParse(next, BASE) ? new URL(next, BASE) : undefined;
  if (target?.origin !== BASE || target.pathname.startsWith('//')) return '/';
  return target.pathname + target.search + target.hash;
}

function session(server: PageServer, caller: Caller, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'DELETE') {
    response.writeHead(204, { 'set-cookie': server.sessions.logOut(request) });
    response.end();
    return;
  }
  sendJson(response, 200, {
    via: caller.via,
    key: caller.via === 'key' ? caller.key.name : null,
    version: server.vitals.version,
    timeMs: server.live.now(),
    links: server.links,
  });
}

function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (error instanceof GoneError) return;
  const { status, code, message } = describe(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refused = error instanceof RefusedError && error.retryMs > 0 ? error.retryMs : 0;
  if (refused > 0) response.setHeader('retry-after', Math.ceil(refused / 1000));
  if (error instanceof HttpError) for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  if (!request.complete) response.setHeader('connection', 'close');
  sendJson(response, status, { error: { code, message } });
  request.resume();
}

const REFUSAL_CODES: Record<number, string> = { 401: 'unauthorized', 413: 'too_large', 429: 'rate_limited' };

function describe(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof HttpError) return error;
  if (error instanceof NotFoundError) return { status: 404, code: 'not_found', message: error.message };
  if (error instanceof BadRequestError) return { status: 400, code: 'bad_request', message: error.message };
  try {
    const { refusal, message } = asRefused(error);
    const status = REFUSALS[refusal].http;
    return { status, code: REFUSAL_CODES[status] ?? 'bad_request', message };
  } catch (fault) {
    console.error('live view: cannot answer:', fault);
    return { status: 500, code: 'internal', message: 'internal error: see the log of the live view' };
  }
}
