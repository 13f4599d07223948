import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { startLive } from '../main.ts';
import { traces } from '../testing/requests.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

it.skipIf(!hasOpenssl)(
  'TLS by certificate files, on all three ports (skipped without openssl, which makes the certificate)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'live-tls-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'];
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', certFile, ...subject]);
    const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, tls: { certFile, keyFile } });
    const ca = readFileSync(certFile);
    try {
      const status = (url: string): Promise<number> =>
        new Promise((resolve, reject) => {
          get(url.replace('127.0.0.1', 'localhost'), { ca, family: 4 }, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          }).on('error', reject);
        });
      expect(await status(`${live.url}/healthz`)).toBe(200);
      expect(await status(`${live.otlp.http}/v1/traces`)).toBe(405);
      const same = (bytes: Buffer): Buffer => bytes;
      const method = {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false as const,
        responseStream: false as const,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      };
      const Client = makeGenericClientConstructor({ export: method }, 'otlp');
      const client = new Client(live.otlp.grpc.replace('https://127.0.0.1', 'localhost'), credentials.createSsl(ca));
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${live.key}`);
      const send = client.export?.bind(client) as (
        bytes: Buffer,
        metadata: Metadata,
        done: (error: Error | null) => void,
      ) => void;
      await new Promise<void>((resolve, reject) =>
        send(traces('secure', [{}]), metadata, (error) => (error ? reject(error) : resolve())),
      );
      client.close();
    } finally {
      await live.close();
      rmSync(folder, { recursive: true });
    }
  },
);

it('says which certificate file it cannot read', async () => {
  const tls = { certFile: '/none/cert.pem', keyFile: '/none/key.pem' };
  await expect(startLive({ ports: { grpc: 0, http: 0, page: 0 }, tls })).rejects.toThrow('cannot read /none/cert.pem');
});
