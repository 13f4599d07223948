/** A certificate and its key from PEM files, and whose certificates a client may show. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';

export interface Tls {
  cert: Buffer;
  key: Buffer;
  /** The authority of which whoever sends OTLP needs a certificate, which is a key, too; without it only a token is. */
  ca?: Buffer;
  /** Where they were read, and are read again. */
  files: TlsFiles;
}

export interface TlsFiles {
  certFile: string;
  keyFile: string;
  clientCaFile?: string | undefined;
  /** How often they are looked at for a renewed certificate; a minute by default. */
  reloadMs?: number;
}

const RELOAD_MS = 60_000;

/** Lines about refused certificates, no more often than this. */
const SAY_MS = 1000;

/** @throws Error that names the file which cannot be read */
export function readTls(files: TlsFiles | undefined): Tls | undefined {
  if (!files) return undefined;
  const { certFile, keyFile, clientCaFile } = files;
  return { cert: readPem(certFile), key: readPem(keyFile), ...(clientCaFile && { ca: readPem(clientCaFile) }), files };
}

/** Has the server show a renewed certificate to whoever connects from then on. What cannot be used yet is not: the files change one by one. */
export function followRenewal(
  server: Server & { setSecureContext(options: SecureContextOptions): void },
  tls: Tls,
  what: string,
): void {
  let held = tls;
  let failures = 0;
  const look = (): void => {
    try {
      const found = readTls(tls.files) ?? held;
      if (found.cert.equals(held.cert) && found.key.equals(held.key) && (!found.ca || (held.ca && found.ca.equals(held.ca))))
        return;
      createSecureContext(tlsOptions(found));
      server.setSecureContext(tlsOptions(found));
      held = found;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 2) console.error(`live view: ${what} keeps its old certificate: ${(error as Error).message}`);
    }
  };
  const timer = setInterval(look, tls.files.reloadMs ?? RELOAD_MS).unref();
  server.once('close', () => clearInterval(timer));
}

const names = new WeakMap<object, string>();

/** The common name in the certificate that the client of a connection has shown and that our authority made; undefined for none. */
export function clientName(connection: object, socket: unknown): string | undefined {
  const known = names.get(connection);
  if (known !== undefined) return known;
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (!authorized || !getPeerCertificate) return undefined;
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN;
  if (typeof name !== 'string') return undefined;
  names.set(connection, name);
  return name;
}

/** For a server of Node's: with an authority, nobody is heard who has no certificate of it. */
export const tlsOptions = ({ cert, key, ca }: Tls) => ({
  cert,
  key,
  ...(ca && { ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' as const }),
});

/** Says in one line, at most once a second, why a client was not let in. */
export function sayRefused(server: Server, what: string): void {
  let said = Number.NEGATIVE_INFINITY;
  server.on('tlsClientError', (error: Error & { reason?: string }, { authorizationError }: TLSSocket) => {
    if (performance.now() - said < SAY_MS) return;
    said = performance.now();
    console.error(`live view: ${what} refused a client: ${authorizationError ?? error.reason ?? error.message}`);
  });
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}. Name PEM files of a certificate and its key`);
  }
}
