import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLive } from '../main.ts';
import { parseKeys } from '../receive/keys.ts';
import { type Running, run } from '../testing/running.ts';

const folder = mkdtempSync(join(tmpdir(), 'live-http-'));
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
writeFileSync(join(folder, 'app.js'), 'export {};');
afterAll(() => rmSync(folder, { recursive: true }));

let live: Running;
beforeAll(async () => {
  live = await run({ staticFolder: folder });
});
afterAll(() => live.close());

const anonymous = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(live.url + path, { redirect: 'manual', ...init });

async function logIn(link: string): Promise<string> {
  const response = await fetch(link, { redirect: 'manual' });
  expect(response.status).toBe(303);
  return (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

async function newLink(): Promise<string> {
  const response = await live.get('/api/login-links', { method: 'POST' });
  return ((await response.json()) as { url: string }).url;
}

describe('logging in', () => {
  it('goes once by the printed link, and sets a cookie that scripts cannot read', async () => {
    const first = await fetch(live.loginUrl, { redirect: 'manual' });
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    expect(first.headers.get('set-cookie')).toMatch(/^sightline_\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = (first.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    const session = await anonymous('/api/session', { headers: { cookie } });
    expect(await session.json()).toMatchObject({ via: 'cookie', key: null });
    const second = await fetch(live.loginUrl, { redirect: 'manual' });
    expect(second.status).toBe(401);
    expect(await second.text()).toContain('/api/login-links');
  });

  it.each([
    ['/traces?service=orders', '/traces?service=orders'],
    ['//evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/.//evil.example', '/'],
  ])('goes on to a path of its own only: %s', async (next, location) => {
    const response = await fetch(`${await newLink()}&next=${encodeURIComponent(next)}`, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(location);
  });

  it('ends with the cookie', async () => {
    const cookie = await logIn(await newLink());
    const headers = { cookie, origin: live.url };
    expect((await anonymous('/api/session', { method: 'DELETE', headers })).status).toBe(204);
    expect((await anonymous('/api/session', { headers })).status).toBe(401);
  });
});

describe('without a key', () => {
  it.each(['/api/ledger', '/api/traces', '/api/session', '/metrics', '/api/openapi.yml', '/api/logs/follow'])(
    '%s is refused',
    async (path) => {
      const response = await anonymous(path);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } });
    },
  );

  it('with the cookie a page of another origin changes nothing', async () => {
    const cookie = await logIn(await newLink());
    const post = (origin: Record<string, string>): Promise<Response> =>
      anonymous('/api/import', { method: 'POST', body: '{"resourceSpans":[]}', headers: { cookie, ...origin } });
    expect((await post({ origin: 'http://evil.example' })).status).toBe(403);
    expect((await post({})).status).toBe(403);
    expect((await post({ origin: live.url })).status).toBe(200);
  });
});

describe('the page', () => {
  it('is served at every path of its own, its files by name', async () => {
    for (const path of ['/', '/traces', '/traces/abc?x=1', '/metric/http.server.request.duration', '/metric/a.js']) {
      const response = await anonymous(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await response.text()).toBe('<!doctype html><title>page</title>');
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'self'; connect-src 'self' ws: wss:;");
      expect(policy).not.toMatch(/unsafe|data:|blob:/);
    }
    expect((await anonymous('/app.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const path of ['/assets/none.js', '/assets/none', '/favicon.ico']) expect((await anonymous(path)).status).toBe(404);
  });

  it('never leaves its folder', async () => {
    for (const path of ['/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/hosts.html', '/%00.html', '/%zz']) {
      expect(await (await anonymous(path)).text()).toBe('<!doctype html><title>page</title>');
    }
  });

  it('shows the runbook of an alert to whoever is woken, without a login', async () => {
    const runbook = await anonymous('/runbooks/CollectorDown');
    expect([runbook.status, runbook.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await runbook.text()).toContain('## First three commands');
    expect((await anonymous('/runbooks/None')).status).toBe(404);
  });

  it('says how to build it where it is not built', async () => {
    const bare = await run({ staticFolder: join(folder, 'none') });
    const response = await fetch(bare.url);
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build')]);
    await bare.close();
  });
});

describe('starting', () => {
  it('says which port is taken and how to choose another, and leaves nothing open', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const { port } = squatter.address() as { port: number };
    for (const which of ['grpc', 'http', 'page'] as const) {
      const ports = { grpc: 0, http: 0, page: 0, [which]: port };
      await expect(startLive({ ports })).rejects.toThrow(
        `its ${which} port ${port}: it is taken. Choose another with ports.${which}`,
      );
    }
    squatter.close();
  });

  it('listens on loopback, and two run side by side', async () => {
    const other = await run();
    expect(new URL(other.url).hostname).toBe('127.0.0.1');
    expect(other.url).not.toBe(live.url);
    expect(other.key).not.toBe(live.key);
    await other.close();
    await expect(fetch(other.url)).rejects.toThrow();
  });

  it('writes a key to a keys file that is not there, and takes it from there the next time', async () => {
    const keysFile = join(folder, 'keys');
    const first = await run({ keysFile });
    expect(statSync(keysFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(keysFile, 'utf8')).toContain(first.key);
    await first.close();
    const second = await run({ keysFile });
    expect(second.key).toBe(first.key);
    await second.close();
  });

  it('reads keys with names and limits, and says which line is wrong but never its token', () => {
    expect(parseKeys('# keys\napp aaaaaaaa\nother bbbbbbbb 1000\n\n', 'file')).toEqual([
      { name: 'app', token: 'aaaaaaaa', bytesPerSecond: 0 },
      { name: 'other', token: 'bbbbbbbb', bytesPerSecond: 1000 },
    ]);
    expect(parseKeys('just-one-token\n', 'file')[0]?.name).toBe('default');
    expect(() => parseKeys('app aaaaaaaa\napp bbbbbbbb', 'keys.txt')).toThrow(
      /^keys.txt, line 2: app or its token is there twice/,
    );
    expect(() => parseKeys('app short', 'keys.txt')).toThrow(/^(?!.*short\b).*fewer than 8/);
  });
});
