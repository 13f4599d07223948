/** Starts the live view: OTLP in over gRPC and HTTP, and the page's server. Nothing is kept on disk. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Caps } from './intake/intake.ts';
import { pageHandler } from './page/http.ts';
import { ConnectionCounts } from './receive/connection-counts.ts';
import { Connections } from './receive/connections.ts';
import { Ingest } from './receive/ingest.ts';
import { Keys, loadKeys } from './receive/keys.ts';
import { DEFAULT_LIMITS, type Limits } from './receive/limits.ts';
import { Live } from './receive/live.ts';
import { closeServer, listen, portOf, startReceivers } from './receive/receivers.ts';
import { Sessions } from './receive/session.ts';
import { readTls, type TlsFiles } from './receive/tls.ts';
import { startWorkers } from './receive/workers.ts';
import { Stream } from './stream/stream.ts';
import { Vitals } from './stream/vitals.ts';

const MEBIBYTE = 2 ** 20;

/** Default ports: OTLP's own, and the next one for the page. */
export const DEFAULT_PORTS = { grpc: 4317, http: 4318, page: 4319 };
/** Default caps: about 350,000 spans of 17 attributes. What the process takes besides is in docs/live-view.md. */
export const DEFAULT_CAPS: Caps = { traces: 96 * MEBIBYTE, metrics: 24 * MEBIBYTE, logs: 32 * MEBIBYTE };
export const DEFAULT_HOST = '127.0.0.1';

export interface LiveOptions {
  /** Address to listen on; anything but loopback is for containers. */
  host?: string;
  /** Where the page listens, if elsewhere. */
  pageHost?: string | undefined;
  /** 0 for any free port. */
  ports?: Partial<typeof DEFAULT_PORTS>;
  /** Processes that take OTLP beside this one; 0, as by default, for none: this one takes it itself. */
  workers?: number;
  /** Bytes that each signal may hold. */
  caps?: Partial<Caps>;
  /** Lines `name token [bytes per second [signals]]`; written with a new key where it is not there. */
  keysFile?: string;
  /** The same separated by commas, where there is no file; without either a key is made. */
  keys?: string;
  /** The built page; live/web/dist by default. */
  staticFolder?: string;
  /** Addresses of other tools that the page links to, by name. */
  links?: Record<string, string>;
  /** PEM files, for all three listeners; with the authority of its clients for the two that take OTLP, and the page is served without TLS. */
  tls?: TlsFiles | undefined;
  /** Where the page is reached, when that is not where it listens (a published port). */
  publicUrl?: string;
  /** Origins whose pages may send OTLP over HTTP; none by default. */
  origins?: string[];
  limits?: Partial<Limits>;
  version?: string;
}

export interface RunningLive {
  /** The page. */
  url: string;
  /** The page, logged in: good for one browser. */
  loginUrl: string;
  otlp: { grpc: string; http: string };
  /** The first key's token. */
  key: string;
  close(): Promise<void>;
}

/** @throws Error that says which port is taken, or which file cannot be read */
export async function startLive(options: LiveOptions = {}): Promise<RunningLive> {
  const host = options.host ?? DEFAULT_HOST;
  const pageHost = options.pageHost ?? host;
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  const tls = readTls(options.tls);
  const specs = loadKeys(options.keysFile, options.keys);
  const live = new Live({ ...DEFAULT_CAPS, ...options.caps });
  const keys = new Keys(specs, live.now());
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connections = new Connections(limits);
  const ingest = new Ingest(live, keys, limits);
  const opened: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one();
  };
  try {
    const receiving = { host, ports, tls, origins: options.origins ?? [] };
    const workers = options.workers
      ? await startWorkers(options.workers, live, keys, { ...receiving, keys: specs, limits })
      : undefined;
    const receivers = workers ?? (await startReceivers(ingest, connections, receiving));
    opened.push(() => receivers.close());
    live.connections = () =>
      new ConnectionCounts()
        .add(connections.counts.all())
        .add(workers?.connections() ?? [])
        .all();
    // A browser has no certificate of the clients' authority.
    const pageTls = tls?.ca ? undefined : tls;
    const page = await listen('page', pageHost, ports.page, pageTls, connections);
    opened.push(() => closeServer(page));

    const vitals = new Vitals(live, options.version ?? ownVersion(), workers?.rssBytes);
    opened.push(() => vitals.close());
    const sweeping = setInterval(() => live.derived.sweep(), 1000).unref();
    opened.push(() => clearInterval(sweeping));
    const scheme = tls ? 'https' : 'http';
    const url = (options.publicUrl ?? `${pageTls ? 'https' : 'http'}://${urlHost(pageHost)}:${portOf(page)}`).replace(/\/+$/, '');
    const sessions = new Sessions(portOf(page), url.startsWith('https:'));
    const stream = new Stream({
      live,
      vitals,
      hasKey: (request) => keys.findAsking(request.headers.authorization) !== undefined,
      hasCookie: (request) => sessions.has(request),
    });
    opened.push(() => stream.close());
    const loginUrl = (token: string): string => `${url}/login?token=${token}`;
    page.on(
      'request',
      pageHandler({
        live,
        ingest,
        connections,
        keys,
        sessions,
        vitals,
        staticFolder: options.staticFolder ?? fromRoot('live/web/dist'),
        runbookFolder: fromRoot('docs/runbooks'),
        openApi: readFileSync(fromRoot('live/openapi.yml'), 'utf8'),
        links: options.links ?? {},
        loginUrl,
      }),
    );
    page.on('upgrade', (request, socket, head) => {
      if (stream.upgrade(request, socket, head)) connections.begin(request.socket);
    });
    return {
      url,
      loginUrl: loginUrl(sessions.newLink()),
      otlp: {
        grpc: `${scheme}://${urlHost(host)}:${receivers.ports.grpc}`,
        http: `${scheme}://${urlHost(host)}:${receivers.ports.http}`,
      },
      key: specs[0]?.token ?? '',
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A host as URLs write it; where it listens on every address, this machine's own. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** A file of the package, whether this runs from the source or from dist. */
function fromRoot(file: string): string {
  const candidates = ['../../', '../../../'].map((up) => fileURLToPath(new URL(up + file, import.meta.url)));
  return candidates.find((one) => existsSync(one)) ?? (candidates[0] as string);
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(fromRoot('package.json'), 'utf8')) as { version: string }).version;
}
