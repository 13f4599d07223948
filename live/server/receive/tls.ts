/** A certificate and its key from PEM files, for all three listeners. */
import { readFileSync } from 'node:fs';

export interface Tls {
  cert: Buffer;
  key: Buffer;
}

/** @throws Error that names the file which cannot be read */
export function readTls(files: { certFile: string; keyFile: string } | undefined): Tls | undefined {
  return files && { cert: readPem(files.certFile), key: readPem(files.keyFile) };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}. Name PEM files of a certificate and its key`);
  }
}
