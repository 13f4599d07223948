import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLive } from '../../live/server/main.ts';
import { postOtlp } from '../../telemetry/otlp-post.ts';
import { type Chown, makeCertificates, VALID_DAYS } from './certificates.ts';

const DAY_MS = 86_400_000;
const HOLDERS = {
  server: { uid: 1, names: ['localhost'] },
  other: { uid: 2, names: ['elsewhere'] },
  client: { uid: 3, names: [] },
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certificates-'));
});
afterEach(() => rm(directory, { recursive: true }));

const owners = new Map<string, number>();
const chown: Chown = async (path, uid) => {
  owners.set(path.slice(directory.length + 1), uid);
};
const make = (now?: number, place = directory) => makeCertificates(place, chown, HOLDERS, now);
const text = (file: string) => readFile(join(directory, file), 'utf8');

describe('certificates', () => {
  it("are made for each holder, in a directory that only it can enter; the key of the authority is nobody else's", async () => {
    expect(await make()).toEqual(Object.keys(HOLDERS));
    for (const [name, { uid }] of Object.entries(HOLDERS)) {
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o700);
      for (const file of ['ca.crt', 'tls.crt', 'tls.key']) {
        expect((await stat(join(directory, name, file))).mode & 0o777).toBe(0o400);
        expect(owners.get(`${name}/${file}`)).toBe(uid);
      }
    }
    expect((await stat(join(directory, 'authority'))).mode & 0o777).toBe(0o700);
    expect([...owners.keys()].filter((path) => path.startsWith('authority'))).toEqual([]);
  });

  it('stay until ten days before their end, and are then made anew by the same authority', async () => {
    const began = Date.now();
    await make(began);
    const [ca, certificate] = [await text('client/ca.crt'), await text('client/tls.crt')];
    expect(await make(began + (VALID_DAYS - 11) * DAY_MS)).toEqual([]);
    expect(await text('client/tls.crt')).toBe(certificate);
    expect(await make(began + (VALID_DAYS - 9) * DAY_MS)).toEqual(Object.keys(HOLDERS));
    expect(await text('client/tls.crt')).not.toBe(certificate);
    expect(await text('client/ca.crt')).toBe(ca);
  });

  it('are made anew when the holder is called by another name, or a file is gone', async () => {
    await make();
    await rm(join(directory, 'client/tls.key'));
    const renamed = { ...HOLDERS, server: { uid: 1, names: ['localhost', 'collector'] } };
    expect(await makeCertificates(directory, chown, renamed)).toEqual(['server', 'client']);
  });
});

describe('a sender with certificates', () => {
  let server: Server;
  let refused: string[];
  /** A receiver that wants a certificate of the authority in `directory`, and shows its own holder's. */
  async function receiver(holder = 'server'): Promise<string> {
    refused = [];
    const [ca, cert, key] = await Promise.all(['ca.crt', 'tls.crt', 'tls.key'].map((file) => text(`${holder}/${file}`)));
    server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (_, response) => response.end('{}'));
    server.on('tlsClientError', ({ message }, { authorizationError }) => refused.push(`${authorizationError ?? message}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://localhost:${(server.address() as AddressInfo).port}/v1/traces`;
  }
  const send = (url: string, ca: string, client?: string, headers = {}) =>
    postOtlp(url, headers, '{}', 5000, {
      OTEL_EXPORTER_OTLP_CERTIFICATE: join(ca, 'ca.crt'),
      ...(client && {
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(client, 'tls.crt'),
        OTEL_EXPORTER_OTLP_CLIENT_KEY: join(client, 'tls.key'),
      }),
    });
  const filesOf = (name: string) => ({
    certFile: join(directory, name, 'tls.crt'),
    keyFile: join(directory, name, 'tls.key'),
    clientCaFile: join(directory, name, 'ca.crt'),
  });
  const client = async () => ({
    ca: await text('client/ca.crt'),
    cert: await text('client/tls.crt'),
    key: await text('client/tls.key'),
  });
  /** The certificate that a listener shows now. */
  async function shown(url: string): Promise<string> {
    const { port } = new URL(url);
    const socket = connect({ ...(await client()), host: 'localhost', port: Number(port), servername: 'localhost' });
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate()?.toString().trim() ?? '';
    socket.destroy();
    return certificate;
  }
  /** An empty export of traces, by certificate alone. */
  async function callGrpc(url: string): Promise<void> {
    const session = connectHttp2(url.replace('127.0.0.1', 'localhost'), await client());
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    stream.end(Buffer.alloc(5));
    stream.resume();
    const [trailers] = await once(stream, 'trailers');
    expect(trailers['grpc-status']).toBe('0');
    session.destroy();
  }
  const holder = (name: string, place = directory) => join(place, name);
  const bothSay = async (sending: Promise<unknown>, sender: RegExp, receiver: RegExp) => {
    await expect(sending).rejects.toThrow(sender);
    await expect.poll(() => refused.join('\n'), { timeout: 5000 }).toMatch(receiver);
  };
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('is let in', async () => {
    await make();
    expect(await send(await receiver(), holder('client'), holder('client'))).toEqual({ status: 200, text: '{}' });
  });

  it('is refused without one, in a clear line on both sides', async () => {
    await make();
    await bothSay(
      send(await receiver(), holder('client')),
      /^[^\n]+: the receiver broke off without a certificate \(OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE\); its log says why$/,
      /peer did not return a certificate/,
    );
  });

  it('is refused with one of another authority, in a clear line on both sides', async () => {
    await make();
    await make(undefined, join(directory, 'foreign'));
    const url = await receiver();
    const foreign = holder('client', join(directory, 'foreign'));
    await bothSay(
      send(url, holder('client'), foreign),
      /^[^\n]+: the receiver broke off with the certificate \S+foreign\S+; its log says why$/,
      /SELF_SIGNED_CERT|UNABLE_TO/,
    );
    // And does not trust the receiver when it trusts another authority.
    await expect(send(url, foreign, foreign)).rejects.toThrow(/certificate/);
  });

  it('is refused with one that has expired, in a clear line on both sides', async () => {
    const now = Date.now();
    await make(now - (VALID_DAYS + 1) * DAY_MS);
    await makeCertificates(directory, chown, { kept: { uid: 1, names: ['localhost'] } }, now);
    const url = await receiver('kept');
    await bothSay(
      send(url, holder('kept'), holder('client')),
      /^[^\n]+: the receiver broke off with the certificate \S+; its log says why$/,
      /CERT_HAS_EXPIRED/,
    );
  });

  it('does not send to a receiver of another name', async () => {
    await make();
    await expect(send(await receiver('other'), holder('client'), holder('client'))).rejects.toThrow(
      /Hostname\/IP does not match certificate's altnames/,
    );
  });

  it('is let in by the live view, which refuses one without in a clear line and serves its page to whoever has none', async () => {
    await make();
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const [certFile, keyFile, clientCaFile] = ['tls.crt', 'tls.key', 'ca.crt'].map((file) => join(directory, 'server', file));
    const live = await startLive({
      ports: { grpc: 0, http: 0, page: 0 },
      tls: { certFile: `${certFile}`, keyFile: `${keyFile}`, clientCaFile },
    });
    try {
      const url = `${live.otlp.http.replace('127.0.0.1', 'localhost')}/v1/traces`;
      const headers = { authorization: `Bearer ${live.key}`, 'content-type': 'application/json' };
      expect(await send(url, holder('client'), holder('client'), headers)).toMatchObject({ status: 200 });
      for (const [what, otlp] of [
        ['http', url],
        ['grpc', live.otlp.grpc.replace('127.0.0.1', 'localhost')],
      ] as const) {
        await expect(send(otlp, holder('client'), undefined, headers)).rejects.toThrow(/broke off without a certificate/);
        await expect
          .poll(() => said.mock.calls.join('\n'), { timeout: 5000 })
          .toContain(`live view: ${what} refused a client: peer did not return a certificate`);
      }
      expect((await fetch(`${live.url}/healthz`)).status).toBe(200);
    } finally {
      said.mockRestore();
      await live.close();
    }
  });

  it.each([
    ['the live view', 0],
    ['its workers', 2],
  ])(
    'is known to %s by its certificate alone, over HTTP and gRPC, under its name; a wrong token is refused all the same',
    async (_, workers) => {
      await make();
      const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, tls: filesOf('server'), workers });
      try {
        const url = `${live.otlp.http.replace('127.0.0.1', 'localhost')}/v1/traces`;
        const json = { 'content-type': 'application/json' };
        const refused = await send(url, holder('client'), holder('client'), { ...json, authorization: 'Bearer of-nobody-here' });
        expect(refused.status).toBe(401);
        expect(await send(url, holder('client'), holder('client'), json)).toMatchObject({ status: 200 });
        await callGrpc(live.otlp.grpc);
        const counted = async () => {
          const ledger = await fetch(`${live.url}/metrics`, { headers: { authorization: `Bearer ${live.key}` } });
          const lines = (await ledger.text()).split('\n').filter((line) => line.includes('key="client"'));
          return ['http', 'grpc'].map((transport) => lines.some((line) => line.includes(`transport="${transport}"`)));
        };
        await expect.poll(counted, { timeout: 5000 }).toEqual([true, true]);
      } finally {
        await live.close();
      }
    },
  );

  it('reads of a renewed certificate without a restart of the live view, over HTTP and gRPC', async () => {
    const began = Date.now();
    await make(began - (VALID_DAYS - 5) * DAY_MS);
    const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, tls: { ...filesOf('server'), reloadMs: 20 } });
    try {
      const old = await text('server/tls.crt');
      expect(await make(began)).toContain('server');
      const renewed = await text('server/tls.crt');
      expect(renewed).not.toBe(old);
      for (const otlp of [live.otlp.http, live.otlp.grpc])
        await expect.poll(() => shown(otlp), { timeout: 5000 }).toBe(renewed.trim());
      const url = `${live.otlp.http.replace('127.0.0.1', 'localhost')}/v1/traces`;
      await expect(send(url, holder('client'))).rejects.toThrow(/broke off without a certificate/);
    } finally {
      await live.close();
    }
  });

  it('is shown the old certificate while the new one has no key that fits, which one line says', async () => {
    await make();
    await make(undefined, join(directory, 'foreign'));
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, tls: { ...filesOf('server'), reloadMs: 20 } });
    try {
      const old = await text('server/tls.crt');
      await rename(join(directory, 'foreign/server/tls.key'), join(directory, 'server/tls.key'));
      const lines = () =>
        said.mock.calls.map(String).filter((line) => line.includes('live view: http keeps its old certificate: '));
      await expect.poll(lines, { timeout: 5000 }).toHaveLength(1);
      expect(await shown(live.otlp.http)).toBe(old.trim());
    } finally {
      said.mockRestore();
      await live.close();
    }
  });

  it('says which variable names a file that cannot be read', async () => {
    await make();
    await expect(send(await receiver(), join(directory, 'nowhere'), holder('client'))).rejects.toThrow(
      /^OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read \S+ca.crt \(ENOENT\); docker compose run --rm init makes it$/,
    );
  });
});
