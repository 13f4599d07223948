import { afterEach, describe, expect, it } from 'vitest';
import type { LiveOptions } from '../main.ts';
import { traces, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { TestSocket } from '../testing/sockets.ts';
import type { ConnectionRow } from './connection-counts.ts';

const running: Running[] = [];
afterEach(async () => {
  for (const live of running.splice(0)) await live.close();
});

async function runWith(limits: LiveOptions['limits']): Promise<Running> {
  const live = await run({ keys: 'app secret-of-app', limits });
  running.push(live);
  return live;
}

const listeners = (live: Running): [ConnectionRow['listener'], string][] => [
  ['grpc', live.otlp.grpc],
  ['http', live.otlp.http],
  ['page', live.url],
];
const rows = async (live: Running): Promise<Record<string, ConnectionRow>> => {
  const { connections } = await live.json<{ connections: ConnectionRow[] }>('/api/ledger');
  for (const { accepted, open, closed } of connections)
    expect(accepted).toBe(open + Object.values(closed).reduce((sum, times) => sum + times, 0));
  return Object.fromEntries(connections.map((row) => [row.listener, row]));
};

const BODY = '{"resourceSpans":[]}';
const head = (length: number): string =>
  `POST /v1/traces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer secret-of-app\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const REQUEST = head(BODY.length) + BODY;

describe('connections', () => {
  it('that send nothing are closed within seconds on every listener, and the ledger says why', async () => {
    const live = await runWith({ noKeyMs: 200 });
    for (const [listener, url] of listeners(live)) {
      for (const socket of await TestSocket.openMany(20, url)) await socket.closing(listener);
      expect((await rows(live))[listener]?.closed.no_key).toBe(20);
    }
    const own = await (await live.get('/metrics')).text();
    expect(own).toContain('sightline_live_connections_closed_total{listener="grpc",reason="no_key"} 20');
    expect(own).toMatch(/sightline_live_connections_accepted_total\{listener="grpc"\} 20\n/);
    expect(own).toMatch(/sightline_live_connections\{listener="grpc"\} 0\n/);
  });

  it('that drip the head of a request, or begin HTTP/2 and say no more, are closed as well', async () => {
    const live = await runWith({ noKeyMs: 500 });
    for (const [listener, url] of listeners(live)) {
      const socket = await TestSocket.open(url);
      const text = listener === 'grpc' ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' : 'POST /v1/traces HTTP/1.1\r\nhost: x\r\nx-long: ';
      socket.socket.write(text);
      const dripping = setInterval(() => listener !== 'grpc' && socket.socket.write('a'), 20);
      await socket.closing(listener).finally(() => clearInterval(dripping));
      expect((await rows(live))[listener]?.closed.no_key).toBe(1);
    }
  });

  it('that are asked for the page or for its health stay a while longer, and those with a wrong key do not', async () => {
    const live = await runWith({ noKeyMs: 1000 });
    const wrong = await TestSocket.open(live.otlp.http);
    const health = await TestSocket.open(live.url);
    const asking = setInterval(() => {
      wrong.socket.write(`POST /v1/traces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\ncontent-length: 0\r\n\r\n`);
      health.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    }, 50);
    await wrong.closing('the one with a wrong key').finally(() => clearInterval(asking));
    expect(wrong.received).toContain('401 Unauthorized');
    expect([health.closed, health.received.includes('200 OK')]).toEqual([false, true]);
    await health.closing('the other, once it asks no more');
  });

  it('that send a request with a key too slowly get 408, and are closed', async () => {
    const live = await runWith({ receiveMs: 300 });
    const socket = await TestSocket.open(live.otlp.http);
    expect(await socket.ask(`${head(1000)}{`)).toBe(408);
    await socket.closing('the slow one');
    expect((await rows(live)).http?.closed.timeout).toBe(1);
    const { requests } = await live.json<{ requests: { refused: Record<string, number> }[] }>('/api/ledger');
    expect(requests.map(({ refused }) => refused)).toEqual([{ timeout: 1 }]);
  });

  it('that have shown a key stay open while they are idle, and say for how long', async () => {
    const live = await runWith({ noKeyMs: 200 });
    const own = 'GET /api/health HTTP/1.1\r\nhost: x\r\nauthorization: Bearer secret-of-app\r\n\r\n';
    const stays = async (url: string, request: string): Promise<void> => {
      const socket = await TestSocket.open(url);
      expect(await socket.ask(request)).toBe(200);
      expect(Number(/keep-alive: timeout=(\d+)/i.exec(socket.received)?.[1])).toBeGreaterThanOrEqual(120);
      // Node's own default is 5 s.
      await new Promise((resolve) => setTimeout(resolve, 7000));
      expect(await socket.ask(request)).toBe(200);
    };
    await Promise.all([stays(live.otlp.http, REQUEST), stays(live.url, own)]);
  });

  it('without a key, hundreds of them, leave those with one served and in place', async () => {
    const live = await runWith({ connections: 80, noKeyMs: 60_000 });
    const kept = await TestSocket.open(live.otlp.http);
    expect(await kept.ask(REQUEST)).toBe(200);
    for (const [, url] of listeners(live)) {
      const crowd = TestSocket.openMany(300, url);
      for (let n = 0; n < 10; n++) {
        const fresh = await TestSocket.open(live.otlp.http);
        expect(await fresh.ask(REQUEST.replace('host: x', 'host: x\r\nconnection: close'))).toBe(200);
      }
      await crowd;
    }
    expect(await kept.ask(REQUEST)).toBe(200);
    const counted = await rows(live);
    expect(counted.http?.closed.crowded).toBeGreaterThan(250);
    expect(Object.values(counted).reduce((sum, { open }) => sum + open, 0)).toBeLessThanOrEqual(80);
    expect(Object.values(counted).reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThan(900);
  });

  it.skipIf(process.platform !== 'linux')(
    'of one address take no places of another (skipped where 127.0.0.2 is not this machine)',
    async () => {
      const live = await runWith({ connections: 80, noKeyMs: 60_000 });
      const others = await TestSocket.openMany(5, live.otlp.http, '127.0.0.2');
      const crowd = await TestSocket.openMany(200, live.otlp.http, '127.0.0.3');
      await until(() => crowd.filter(({ closed }) => !closed).length === 10, 'all but half of the places to be closed');
      expect(others.map(({ closed }) => closed)).toEqual([false, false, false, false, false]);
    },
  );

  it('with a key, more than there is room for, give way to the latest where they are idle', async () => {
    // Six places for those with a key, three for those of one address.
    const live = await runWith({ connections: 8 });
    const sockets: TestSocket[] = [];
    for (let n = 0; n < 6; n++) {
      const socket = await TestSocket.open(live.otlp.http);
      sockets.push(socket);
      expect(await socket.ask(REQUEST)).toBe(200);
    }
    await until(() => sockets.slice(0, 3).every(({ closed }) => closed), 'the first to be closed');
    expect(sockets.slice(3).some(({ closed }) => closed)).toBe(false);
    expect(await sockets[5]?.ask(REQUEST)).toBe(200);
    expect((await live.post('/v1/traces', traces('shop', [{}]))).status).toBe(200);
  });
});
