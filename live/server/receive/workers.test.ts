import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { batch } from '../../bench/batches.ts';
import { sendGrpc, sendHttp } from '../../bench/senders.ts';
import { newId, traces, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

interface Ledger {
  signals: { signal: string; received: number; held: number; evicted: number; rejected: number; duplicate: number }[];
  requests: { transport: string; key: string | null; accepted: number; refused: Record<string, number> }[];
}

const running: Running[] = [];
afterEach(async () => {
  for (const live of running.splice(0)) await live.close();
});

async function runWith(workers: number, keys: string): Promise<Running> {
  const live = await run({ workers, keys, caps: { traces: 2 ** 27 } });
  running.push(live);
  return live;
}

/** Processes that take OTLP for this one. */
const workerPids = (): string[] =>
  spawnSync('pgrep', ['-P', String(process.pid), '-f', 'ingest-worker'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean);
const portOf = (url: string): number => Number(new URL(url).port);
const spansOf = async (live: Running) =>
  (await live.json<Ledger>('/api/ledger')).signals.find(({ signal }) => signal === 'traces');

describe('with several workers', () => {
  it('each acknowledged span is held or counted as one that had come before, whichever worker took it', async () => {
    const live = await runWith(2, 'app secret-of-app');
    expect(workerPids()).toHaveLength(2);
    const bodies = Array.from({ length: 40 }, () => batch('traces', 50));
    const http = portOf(live.otlp.http);
    const grpc = portOf(live.otlp.grpc);
    const sent = await Promise.all([
      sendHttp(http, 'traces', bodies, live.key, 0.5),
      sendGrpc(grpc, 'traces', bodies, live.key, 0.5),
      sendGrpc(grpc, 'traces', bodies, live.key, 0.5),
    ]);
    const acknowledged = sent.reduce((sum, { requests }) => sum + requests, 0) * 50;
    expect(acknowledged).toBeGreaterThan(1000);
    const spans = await until(async () => {
      const now = await spansOf(live);
      return now && now.received >= acknowledged && now;
    }, 'all that was acknowledged');
    expect(spans.received).toBe(spans.held + spans.duplicate);
    // Each sends the bodies in turn, and begins with the first.
    const bodiesSent = Math.min(bodies.length, Math.max(...sent.map(({ requests }) => requests)));
    expect(spans.held).toBe(bodiesSent * 50);
    expect(spans.received).toBe(acknowledged);
    expect((await live.json<{ services: { service: string }[] }>('/api/services')).services).toMatchObject([
      { service: 'storefront' },
    ]);
  });

  it('a trace that came to two of them in parts is one trace', async () => {
    const live = await runWith(2, 'app secret-of-app');
    const trace = newId(32);
    const parent = newId(16);
    const parts = [
      traces('shop', [{ trace, id: parent, name: 'the caller' }]),
      traces('stock', [{ trace, parent, name: 'the called' }]),
    ];
    // A connection each: they go to the workers in turn.
    for (const part of parts) expect((await live.post('/v1/traces', part, { connection: 'close' })).status).toBe(200);
    const { resourceSpans } = await until(async () => {
      const found = await live.json<{ resourceSpans?: object[] }>(`/api/traces/${trace}`);
      return found.resourceSpans?.length === 2 && found;
    }, 'both parts');
    expect(JSON.stringify(resourceSpans)).toContain('the called');
  });

  it('a key without a right, a broken request and a limit are refused and counted by all of them', async () => {
    const live = await runWith(2, 'app secret-of-app,slow secret-of-slow 2000');
    const send = async (token: string, body: Uint8Array) =>
      (await live.post('/v1/traces', body, { authorization: `Bearer ${token}`, connection: 'close' })).status;
    const large = traces('shop', [{ attributes: { text: 'x'.repeat(20_000) } }]);
    expect(await send('secret-of-slow', large)).toBe(200);
    // Ten times the limit are owed for ten seconds, at whichever worker the next request arrives.
    await until(async () => (await send('secret-of-slow', large)) === 429, 'the first refusal');
    for (let n = 0; n < 4; n++) expect(await send('secret-of-slow', large)).toBe(429);
    for (let n = 0; n < 2; n++) expect(await send('nobody', large)).toBe(401);
    for (let n = 0; n < 2; n++) expect(await send('secret-of-app', Buffer.from([0x0a, 5, 0xff]))).toBe(400);
    const refused = async () => {
      const { requests } = await live.json<Ledger>('/api/ledger');
      return Object.fromEntries(requests.map(({ key, refused: why }) => [key, why]));
    };
    await until(async () => JSON.stringify(await refused()).includes('malformed'), 'the counts of both');
    await until(async () => (await refused()).app?.malformed === 2, 'both broken requests');
    expect(await refused()).toMatchObject({ null: { unauthorized: 2 }, app: { malformed: 2 } });
    expect((await refused()).slow?.rate_limited).toBeGreaterThanOrEqual(5);
  });

  it('one that is killed is replaced, and what was acknowledged stays', async () => {
    const live = await runWith(2, 'app secret-of-app');
    const send = async () => (await live.post('/v1/traces', traces('shop', [{}]), { connection: 'close' })).status;
    for (let n = 0; n < 4; n++) expect(await send()).toBe(200);
    const [killed = ''] = workerPids();
    spawnSync('kill', ['-9', killed]);
    await until(() => workerPids().length === 2 && !workerPids().includes(killed), 'another worker');
    for (let n = 0; n < 4; n++) expect(await send()).toBe(200);
    await until(async () => (await spansOf(live))?.held === 8, 'all eight spans');
  });

  it('a port that is taken is named, and no worker stays behind', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    try {
      await expect(run({ workers: 2, ports: { grpc: 0, http: port, page: 0 } })).rejects.toThrow(
        `cannot listen on its http port ${port}: it is taken`,
      );
    } finally {
      server.close();
    }
    expect(workerPids()).toEqual([]);
  });
});
