/** Serves the built page: files of one folder, and its index for every path of the page. */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

export const SECURITY_HEADERS = {
  'content-security-policy':
    // Older Safari does not count a WebSocket of the same address as 'self'.
    "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
};

/** What is a file or nothing: the names of all else are pages', of which some have dots (/metric/http.server.request.duration). */
const FILES_ONLY = /^\/(assets\/|favicon\.ico$|icon\.svg$|robots\.txt$)/;

/** A trace's page: the browser asks for its waterfall, the largest of what it needs, while it still reads the page's code. */
const TRACE_PAGE = /^\/traces\/([0-9a-f]{32})$/;

/** Answers a GET of `path` from `folder`: the file, 404 where it is missing and can be nothing else, else the page. */
export async function serveFile(folder: string, path: string, response: ServerResponse, headOnly: boolean): Promise<void> {
  const file = safeJoin(folder, path === '/' ? '/index.html' : path);
  const extension = file === undefined ? '' : extname(file);
  const content = file === undefined || extension === '' ? undefined : await read(file);
  if (content !== undefined) {
    send(response, 200, TYPES[extension] ?? 'application/octet-stream', content, path.startsWith('/assets/'), headOnly);
    return;
  }
  if (FILES_ONLY.test(path)) {
    send(response, 404, 'text/plain; charset=utf-8', Buffer.from(`no file ${path}\n`), false, headOnly);
    return;
  }
  const index = await read(join(folder, 'index.html'));
  const [, traceId] = TRACE_PAGE.exec(path) ?? [];
  if (traceId !== undefined) response.setHeader('link', `</api/traces/${traceId}/waterfall>; rel=preload; as=fetch; crossorigin`);
  const missing = Buffer.from('The page of the live view is not built: run npm run build, then start again.\n');
  if (index === undefined) send(response, 503, 'text/plain; charset=utf-8', missing, false, headOnly);
  else send(response, 200, TYPES['.html'] ?? '', index, false, headOnly);
}

/** Answers with a runbook as plain text, or 404. */
export async function serveRunbook(folder: string, name: string, response: ServerResponse, headOnly: boolean): Promise<void> {
  const text = await read(join(folder, `${name}.md`));
  const missing = Buffer.from(`no runbook ${name}\n`);
  send(response, text ? 200 : 404, 'text/plain; charset=utf-8', text ?? missing, false, headOnly);
}

function safeJoin(folder: string, path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0')) return undefined;
  const file = normalize(join(folder, decoded));
  return file.startsWith(normalize(folder) + sep) ? file : undefined;
}

async function read(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, type: string, body: Buffer, hashed: boolean, headOnly: boolean): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': body.length,
    // Vite names assets by their content, so that they never change; all else is asked for anew.
    'cache-control': hashed && status === 200 ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  response.end(headOnly ? undefined : body);
}
