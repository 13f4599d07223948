import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeCertificates, VALID_DAYS } from './certificates.ts';
import { type Address, leadToTls, readEnds, serveOverTls } from './tls-ends.ts';

const DAY_MS = 86_400_000;
const HOLDERS = {
  server: { uid: 1, names: ['localhost'] },
  elsewhere: { uid: 1, names: ['elsewhere'] },
  client: { uid: 2, names: [] },
};
const FREE: Address = { host: '127.0.0.1', port: 0 };
/** Long after what is written here has been tried. */
const NEVER_MS = 3_600_000;

let directory: string;
let plain: Server;
const opened: Server[] = [];
const make = (place = directory, now?: number) => makeCertificates(place, async () => {}, HOLDERS, now);
const folder = (name: string, place = directory) => join(place, name);
const addressOf = (server: Server, host = '127.0.0.1'): Address => ({ host, port: (server.address() as AddressInfo).port });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tls-ends-'));
  await make();
  plain = createServer((asked, response) => asked.pipe(response)).listen(0, '127.0.0.1');
  await once(plain, 'listening');
});
afterAll(async () => {
  plain.close();
  await rm(directory, { recursive: true });
});
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
  vi.restoreAllMocks();
});

async function serve(place = directory, to = addressOf(plain), renewedMs = NEVER_MS, holder = 'server'): Promise<Address> {
  const server = await serveOverTls(folder(holder, place), FREE, to, renewedMs);
  opened.push(server);
  return addressOf(server, 'localhost');
}
async function lead(target: Address, client = folder('client')): Promise<Address> {
  const server = await leadToTls(client, FREE, target);
  opened.push(server);
  return addressOf(server);
}

/** What comes back of what is sent over one connection. */
async function echoed({ host, port }: Address, text = 'text'): Promise<string> {
  const asked = request({ host, port, method: 'POST', agent: false });
  asked.end(text);
  const [response] = await once(asked, 'response');
  let answer = '';
  for await (const part of response) answer += part;
  return answer;
}

describe('the ends of TLS', () => {
  it('join two processes that speak none, also for much at once', async () => {
    const address = await lead(await serve());
    const large = 'x'.repeat(5_000_000);
    const answers = await Promise.all([echoed(address, large), ...Array.from({ length: 20 }, (_, i) => echoed(address, `${i}`))]);
    expect(answers.map(({ length }) => length)).toEqual([large.length, ...Array.from({ length: 20 }, (_, i) => `${i}`.length)]);
  });

  it('let nobody in without a certificate, and say so', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { port } = await serve();
    const socket = connect({ host: 'localhost', port, ca: await readFile(join(folder('client'), 'ca.crt')) });
    const [error] = await once(socket, 'error');
    expect(error.message).toMatch(/certificate required|ECONNRESET/);
    expect(said.mock.calls.join()).toContain(`tls: port 0: refused a client: peer did not return a certificate`);
    await expect(echoed({ host: 'localhost', port })).rejects.toThrow();
  });

  it('let nobody in with a certificate of another authority, and lead to no server with one', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const other = join(directory, 'other');
    await make(other);
    await expect(echoed(await lead(await serve(), folder('client', other)))).rejects.toThrow(/socket hang up|ECONNRESET/);
    await expect(echoed(await lead(await serve(other)))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(said.mock.calls.join('\n')).toMatch(/tls: localhost:\d+: (self-signed certificate|unable to)/);
  });

  it('lead to no server of another name', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const elsewhere = await serve(directory, addressOf(plain), NEVER_MS, 'elsewhere');
    await expect(echoed(await lead(elsewhere))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(said.mock.calls.join()).toContain("does not match certificate's altnames");
  });

  it('break a connection where nobody listens behind it, and serve the next once somebody does', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const late = createServer((asked, response) => asked.pipe(response)).listen(0, '127.0.0.1');
    await once(late, 'listening');
    const there = addressOf(late);
    late.close();
    await once(late, 'close');
    const address = await lead(await serve(directory, there));
    await expect(echoed(address)).rejects.toThrow(/socket hang up|ECONNRESET/);
    opened.push(late.listen(there.port, '127.0.0.1'));
    await once(late, 'listening');
    expect(await echoed(address)).toBe('text');
  });

  it('show a renewed certificate without a restart', async () => {
    const place = join(directory, 'renewed');
    const began = Date.now();
    await make(place, began - (VALID_DAYS - 5) * DAY_MS);
    const address = await serve(place, addressOf(plain), 20);
    const way = await lead(address, folder('client', place));
    expect(await echoed(way)).toBe('text');
    expect(await make(place, began)).toContain('server');
    const renewed = (await readFile(join(place, 'server/tls.crt'), 'utf8')).trim();
    const shown = async () => {
      const [ca, cert, key] = await Promise.all(
        ['ca.crt', 'tls.crt', 'tls.key'].map((file) => readFile(join(place, 'client', file))),
      );
      const socket = connect({ ...address, servername: 'localhost', ca, cert, key });
      await once(socket, 'secureConnect');
      const certificate = socket.getPeerX509Certificate()?.toString().trim();
      socket.destroy();
      return certificate;
    };
    await expect.poll(shown, { timeout: 5000 }).toBe(renewed);
    expect(await echoed(way)).toBe('text');
  });

  it('are read from the environment; what is not valid is one line', () => {
    const env = { TLS_CERTIFICATES: '/certificates/app', TLS_SERVES: '9464,4319', TLS_LEADS: '16686=jaeger:16686' };
    expect(readEnds(env)).toEqual({
      folder: env.TLS_CERTIFICATES,
      serves: [9464, 4319],
      leads: [[16686, { host: 'jaeger', port: 16686 }]],
    });
    expect(() => readEnds({})).toThrow(/^TLS_CERTIFICATES is not set: name the folder/);
    expect(() => readEnds({ ...env, TLS_SERVES: 'http' })).toThrow(/^TLS_SERVES=http is not valid: write ports/);
    expect(() => readEnds({ ...env, TLS_LEADS: 'jaeger:16686' })).toThrow(
      /^TLS_LEADS=jaeger:16686 is not valid: write port=host:port/,
    );
  });
});
