/** A certificate and its key from PEM files, and whose certificates a client may show. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface Tls {
  cert: Buffer;
  key: Buffer;
  /** The authority of which whoever sends OTLP needs a certificate, beside a key; without it a key is enough. */
  ca?: Buffer;
}

export interface TlsFiles {
  certFile: string;
  keyFile: string;
  clientCaFile?: string | undefined;
}

/** Lines about refused certificates, no more often than this. */
const SAY_MS = 1000;

/** @throws Error that names the file which cannot be read */
export function readTls(files: TlsFiles | undefined): Tls | undefined {
  if (!files) return undefined;
  const { certFile, keyFile, clientCaFile } = files;
  return { cert: readPem(certFile), key: readPem(keyFile), ...(clientCaFile && { ca: readPem(clientCaFile) }) };
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
