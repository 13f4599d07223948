/**
 * Certificates for processes that speak no TLS themselves: as a preload (`node --import ./dist/stack/compose/tls-ends.js`) at the ends of one, or as a
 * process of its own. What it passes on it does not read.
 *
 * TLS_CERTIFICATES: a holder's folder of certificates.ts. TLS_SERVES: ports on loopback, as in `9464,4319`; each is served on this container's own
 * address to holders of a certificate. TLS_LEADS: ports that lead to servers of TLS, as in `16686=jaeger:16686`; on loopback, or on TLS_LEADS_HOST.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Duplex, pipeline } from 'node:stream';
import { connect as dialTls, createServer as serverOfTls, type TLSSocket } from 'node:tls';
import { pathToFileURL } from 'node:url';

export interface Address {
  host: string;
  port: number;
}

const LOOPBACK = '127.0.0.1';
/** How often a renewed certificate is looked for. */
const RENEWED_MS = 60_000;
/** Lines about one port, no more often than this. */
const SAY_MS = 10_000;

/** Whether this is the process, and not a preload of one. */
const own = process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href;

/** Serves at `address`, to holders of a certificate of the authority in `folder`, what listens without TLS at `plain`. */
export async function serveOverTls(folder: string, address: Address, plain: Address, renewedMs = RENEWED_MS): Promise<Server> {
  const say = sayOf(`port ${address.port}`);
  const server = serverOfTls(
    { ...read(folder), requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    (socket) => {
      couple(socket, dial(plain), say);
    },
  );
  server.on('tlsClientError', (error: Error & { reason?: string }, socket: TLSSocket) =>
    say(`refused a client: ${socket.authorizationError ?? error.reason ?? error.message}`),
  );
  // The files change one by one: what does not fit together yet is looked at again.
  const renewing = setInterval(() => {
    try {
      server.setSecureContext(read(folder));
    } catch (error) {
      say(`keeps its old certificate: ${(error as Error).message}`);
    }
  }, renewedMs).unref();
  server.once('close', () => clearInterval(renewing));
  return listening(server, address);
}

/** Takes connections at `address` and passes each on to `target` over TLS, with the certificate in `folder`, as it is at that moment. */
export function leadToTls(folder: string, address: Address, target: Address): Promise<Server> {
  const say = sayOf(`${target.host}:${target.port}`);
  const server = createServer((socket) => {
    try {
      couple(socket, dialTls({ ...target, servername: target.host, minVersion: 'TLSv1.3', ...read(folder) }), say);
    } catch (error) {
      say((error as Error).message);
      socket.destroy();
    }
  });
  return listening(server, address);
}

/** The ports of TLS_SERVES and the ways of TLS_LEADS. @throws Error, one line that names the variable */
export function readEnds(env: NodeJS.ProcessEnv): { folder: string; serves: number[]; leads: [number, Address][] } {
  const folder = env.TLS_CERTIFICATES ?? '';
  if (!folder) throw new Error('TLS_CERTIFICATES is not set: name the folder with ca.crt, tls.crt and tls.key');
  const list = (name: string) => (env[name] ?? '').split(',').filter(Boolean);
  const bad = (name: string, form: string) => new Error(`${name}=${env[name]} is not valid: write ${form}`);
  return {
    folder,
    serves: list('TLS_SERVES').map((port) => {
      if (!/^\d{1,5}$/.test(port)) throw bad('TLS_SERVES', 'ports, as in 9464,4319');
      return Number(port);
    }),
    leads: list('TLS_LEADS').map((lead) => {
      const [, port, host = '', to] = /^(\d{1,5})=([^:=]+):(\d{1,5})$/.exec(lead) ?? [];
      if (!host) throw bad('TLS_LEADS', 'port=host:port, separated by commas');
      return [Number(port), { host, port: Number(to) }];
    }),
  };
}

/** Each end's bytes to the other; when one breaks, so does the other. */
function couple(one: Duplex & Socket, other: Duplex & Socket, say: (what: string) => void): void {
  other.on('error', (error: NodeJS.ErrnoException) => error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && say(error.message));
  // The process whose ends these are ends when it has done its work.
  if (!own) for (const socket of [one, other]) socket.unref();
  pipeline(one, other, one, () => {
    one.destroy();
    other.destroy();
  });
}

const read = (folder: string) => ({
  ca: readFileSync(join(folder, 'ca.crt')),
  cert: readFileSync(join(folder, 'tls.crt')),
  key: readFileSync(join(folder, 'tls.key')),
});

async function listening<S extends Server>(server: S, { host, port }: Address): Promise<S> {
  await once(server.listen(port, host), 'listening');
  return server;
}

function sayOf(where: string): (what: string) => void {
  let said = Number.NEGATIVE_INFINITY;
  return (what) => {
    if (performance.now() - said < SAY_MS) return;
    said = performance.now();
    console.error(`tls: ${where}: ${what}`);
  };
}

if (own || process.env.TLS_CERTIFICATES) {
  try {
    const { folder, serves, leads } = readEnds(process.env);
    const servers = await Promise.all([
      ...serves.map((port) => serveOverTls(folder, { host: hostname(), port }, { host: LOOPBACK, port })),
      ...leads.map(([port, target]) => leadToTls(folder, { host: process.env.TLS_LEADS_HOST ?? LOOPBACK, port }, target)),
    ]);
    if (own) process.once('SIGTERM', () => process.exit(0));
    else for (const server of servers) server.unref();
  } catch (error) {
    console.error(`tls: ${(error as Error).message}`);
    process.exit(1);
  }
}
