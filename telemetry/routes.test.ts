import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { ROOT } from './root.ts';
import { type Receiver, startReceiver } from './testing/receiver.ts';

/** One of each kind; `GET` where no method stands. */
const REQUESTS = `
/  /?q=1  /users/7  /users/7?q=1  /Users/7/  /users/a%20b  /users/%E0  /users/7/books/8  /optional  /optional/x  /wild/a/b  /number/12  /one  /other  /mixture  /mixed
/chain  POST:/chain  PUT:/chain  /all  DELETE:/all  /guarded/thing  /guarded/nothing  /fall/1  /twice/1  /skip/1  /several  /deep/1/b/2  /deep/1/b  /pathless  /more-pathless
/root  /root/  /shops/7/things/8  /shops/7/all  POST:/shops/7/things  /shops/7  /left/thing  /right/thing  /regular/thing  /leave/thing  /through/thing  /first/shared  /second/shared
/mounted/thing/7  /mounted/again/thing  /mounted/none  /by-hand/thing  /static/routes.cjs  /static/none  /static  POST:/static/routes.cjs  /file  HEAD:/users/7  HEAD:/head  HEAD:/none  OPTIONS:/options
OPTIONS:/users/7  OPTIONS:/shops/7/things  OPTIONS:/none  /middleware  /middleware/more  /late  /stream  /redirect  /none  /none/more  /throws  /rejects  /text-error  /parameter/1
/inner/throws  /strict/1  /strict/0  /hang  /destroy  POST:/chain?malformed`
  .trim()
  .split(/\s+/)
  .map((line) => {
    const [method = '', path = ''] = line.startsWith('/') ? ['GET', line] : line.split(':');
    return { method, path };
  });

const require = createRequire(import.meta.url);
const OURS = ['--import', join(ROOT, 'dist', 'telemetry', 'register.js')];
/** As the packages' documentation has it for ES modules. */
const ALONE = [
  '--import',
  `data:text/javascript,import{register}from"node:module";register("@opentelemetry/instrumentation/hook.mjs","${pathToFileURL(ROOT)}/");`,
  '--import',
  '@opentelemetry/auto-instrumentations-node/register',
];
const ENTRIES = {
  'service.mjs': 'import express from "express"; import serve from "./routes.cjs"; serve(express);',
  'service.cjs': 'require("./routes.cjs")(require("express"));',
};

/** Attributes that no two processes share. */
const OWN = ['network.peer.port', 'server.port'];

it.each([
  [4, 'service.mjs'],
  [4, 'service.cjs'],
  [5, 'service.mjs'],
  [5, 'service.cjs'],
])('Express %i in %s has the spans of the packages alone, but for those of middleware and routers', async (version, entry) => {
  const folder = mkdtempSync(join(ROOT, 'dist', 'routes-'));
  try {
    cpSync(join(import.meta.dirname, 'testing', 'routes.cjs'), join(folder, 'routes.cjs'));
    writeFileSync(join(folder, entry), ENTRIES[entry as keyof typeof ENTRIES]);
    // The instrumentation knows packages by the names of their folders.
    if (version === 4) cpSync(dirname(require.resolve('express4')), join(folder, 'node_modules', 'express'), { recursive: true });
    const [ours, theirs] = await Promise.all([OURS, ALONE].map((preload) => ask(join(folder, entry), preload)));
    expect(routes(theirs)).toMatchObject({
      '/deep/1/b/2': '/deep/:a/b/:c',
      '/guarded/thing': '/guarded/thing',
      '/guarded/nothing': undefined,
      '/fall/1': undefined,
      '/through/thing': '/through/thing',
      '/mounted/thing/7': '/mounted/thing/:id',
    });
    // What is configured: no span for middleware, so a router that a function calls by hand is not known to be mounted at that function's path.
    expect([routes(theirs)['/by-hand/thing'], routes(ours)['/by-hand/thing']]).toEqual(['/by-hand/thing', undefined]);
    const others = (all: Asked[] | undefined) => all?.filter(({ path }) => path !== '/by-hand/thing');
    expect(others(ours)).toEqual(others(theirs));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

interface Asked {
  method: string;
  path: string;
  /** The server's own first. */
  spans: { name: string; kind: number; parent: string | undefined; attributes: Record<string, unknown> }[];
}

/** By path of a GET, the route. */
const routes = (asked: Asked[] | undefined) =>
  Object.fromEntries(
    asked?.flatMap(({ method, path, spans: [server] }) => (method === 'GET' ? [[path, server?.attributes['http.route']]] : [])) ??
      [],
  );

/** By request, what its spans say. */
async function ask(file: string, preload: string[]): Promise<Asked[]> {
  const receiver = await startReceiver();
  const child = fork(file, {
    execArgv: preload,
    cwd: ROOT,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,express',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'env',
      NODE_ENV: 'test',
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    const [port] = await once(child, 'message');
    for (const i of REQUESTS.keys()) await send(port, i);
    child.send('end');
    await once(child, 'exit');
    return REQUESTS.map((request, i) => ({ ...request, spans: told(receiver, traceId(i)) }));
  } finally {
    child.kill('SIGKILL');
    await receiver.close();
  }
}

const traceId = (i: number) => String(i + 1).padStart(32, '0');

function send(port: number, i: number): Promise<void> {
  const { method, path } = REQUESTS[i] ?? {};
  const headers = {
    traceparent: `00-${traceId(i)}-00000000000000ff-01`,
    'content-type': 'application/json',
    connection: 'close',
  };
  const sent = request({ host: '127.0.0.1', port, method, path, headers });
  return new Promise((resolve) => {
    sent
      .on('response', (response) => response.resume())
      .on('error', () => {})
      .on('close', resolve);
    sent.end(path?.endsWith('malformed') ? '{' : method === 'POST' ? '{}' : undefined);
    // The caller who gives up.
    if (path === '/hang') setTimeout(() => sent.destroy(), 200);
  });
}

function told(receiver: Receiver, id: string): Asked['spans'] {
  const spans = receiver.of(id);
  const isLayer = ({ attributes }: (typeof spans)[number]) =>
    ['middleware', 'router'].includes(String(attributes['express.type']));
  return spans
    .filter((span) => !isLayer(span))
    .map(({ name, kind, attributes, parentSpanId }) => {
      let parent = spans.find(({ spanId }) => spanId === parentSpanId);
      while (parent && isLayer(parent)) parent = spans.find(({ spanId }) => spanId === parent?.parentSpanId);
      return {
        name,
        kind,
        parent: parent?.name,
        attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !OWN.includes(key))),
      };
    })
    .sort((a, b) => b.kind - a.kind || a.name.localeCompare(b.name));
}
