import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logs, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { StreamClient, textColumn } from '../testing/stream-client.ts';

describe('a client that reads nothing, then slowly', () => {
  const MB = 2 ** 20;
  let live: Running;
  beforeAll(async () => {
    live = await run();
  });
  afterAll(() => live.close());

  const queued = async (): Promise<number> =>
    (await live.json<{ frames: { queuedBytes: number } }>('/api/health')).frames.queuedBytes;
  const lines = (client: StreamClient): number => client.sections('logs').reduce((sum, { rows }) => sum + rows, 0);
  const batch = (n: number, count: number, body: string): Buffer =>
    logs(
      'shop',
      Array.from({ length: count }, (_, i) => ({ body: `${body} ${n} ${i}` })),
    );

  it('costs the server a bounded number of bytes, and the others nothing', async () => {
    const [slow, quick] = [await StreamClient.connect(live), await StreamClient.connect(live)];
    await slow.subscribe([{ view: 'logs', text: 'flood' }]);
    await quick.subscribe([{ view: 'logs', text: 'flood' }]);
    slow.socket.pause();
    // It acknowledges what it never read, so that only the bytes that wait can stop the server.
    const acks = setInterval(() => slow.send({ ack: 2 ** 40 }), 5);
    const body = `flood ${'x'.repeat(4000)}`;
    // 25 MB: more than the system's own buffers take.
    let most = 0;
    for (let n = 0; n < 250; n++) {
      await live.post('/v1/logs', batch(n, 25, body));
      most = Math.max(most, await queued());
    }
    await until(() => lines(quick) === 250 * 25, 'every line on the quick client');
    expect(most).toBeGreaterThan(MB / 2);
    expect(most).toBeLessThan(4 * MB);
    const { frames } = await live.json<{ frames: { skipped: number } }>('/api/health');
    expect(frames.skipped).toBeGreaterThan(0);

    // Now it reads a message at a time, while more comes.
    slow.socket.on('message', () => {
      slow.socket.pause();
      setTimeout(() => slow.socket.resume(), 20);
    });
    slow.socket.resume();
    for (let n = 0; n < 50; n++) {
      await live.post('/v1/logs', batch(n, 25, body));
      most = Math.max(most, await queued());
    }
    await live.post('/v1/logs', logs('shop', [{ body: 'the end of the flood' }]));
    const newest = (client: StreamClient): string | undefined => textColumn(client.sections('logs').at(-1), 'body').at(-1);
    await until(() => newest(quick) === 'the end of the flood', 'the last line on the quick client');
    expect(lines(quick)).toBe(300 * 25 + 1);
    await until(() => newest(slow) === 'the end of the flood', 'the last line on the slow client');
    expect(lines(slow)).toBeLessThan(lines(quick));
    expect(slow.frames.reduce((sum, { skipped }) => sum + skipped, 0)).toBeGreaterThan(0);
    expect(most).toBeLessThan(4 * MB);
    await until(async () => (await queued()) === 0, 'nothing that waits any more');
    clearInterval(acks);
    slow.close();
    quick.close();
  });

  it('is never sent more at once than a bounded frame: with lines of any length, in any number of views', async () => {
    await live.post('/v1/logs', batch(0, 20, `huge ${'é'.repeat(200_000)}`));
    await live.post('/v1/logs', batch(1, 200, `long ${'é'.repeat(9_000)}`));
    const client = await StreamClient.connect(live);
    const views = ['huge', 'long', 'h', 'u', 'g', 'l', 'o', 'n'].map((text) => ({ view: 'logs' as const, text }));
    await client.subscribe(views);
    await until(() => new Set(client.sections('logs').map(({ view }) => view)).size === views.length, 'every view');
    const sizes = client.frames.map(({ sections }) =>
      sections.reduce((sum, { strings }) => sum + Buffer.byteLength(strings.join('')), 0),
    );
    expect(Math.max(...sizes)).toBeLessThan(2.5 * MB);
    const newest = client.sections('logs').map((one) => textColumn(one, 'body').at(-1));
    expect(newest).toEqual(
      expect.arrayContaining([expect.stringMatching(/^huge é{10000,}…$/), expect.stringMatching(/^long é{9000} 1 \d+$/)]),
    );
    client.close();
  });
});
