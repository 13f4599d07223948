import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type AnyTable, decodeFrame, TABLES, type TableName, VIEWS, type ViewName } from './frame-layout.ts';
import { emptyRows, encodeFrame, section } from './frames.ts';
import { logs, metrics, newId, traces, until } from './testing/requests.ts';
import { type Running, run } from './testing/running.ts';
import { StreamClient, textColumn } from './testing/stream-client.ts';

const buffer = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

const numbers = (table: AnyTable | undefined, name: string): number[] => [
  ...((table?.columns as Record<string, Float64Array | Uint32Array> | undefined)?.[name] ?? []),
];

describe('a frame', () => {
  it('is decoded to what was encoded, whatever the number of rows and the strings', () => {
    for (const count of [0, 1, 2, 3, 7]) {
      const logRows = emptyRows('logs');
      const slotRows = emptyRows('slots');
      for (let i = 0; i < count; i++) {
        logRows.timeMs.push(1.5 * i);
        logRows.severity.push(i);
        for (const name of ['service', 'level', 'body', 'traceId', 'spanId'] as const)
          logRows[name].push(i % 2 ? '' : `ünïcode ${i} ${name}`);
        slotRows.second.push(2e9 + i);
        slotRows.p50Ms.push(Number.NaN);
        slotRows.p99Ms.push(i);
        slotRows.requests.push(2 ** 32 - 1 - i);
        slotRows.errors.push(i);
        slotRows.service.push('shop');
      }
      const header = { sequence: 9, timeMs: 1.8e12 + 0.5, skipped: 3, encodeMs: 0.25 };
      const frame = decodeFrame(buffer(encodeFrame(header, [section(7, 'logs', logRows, 123), section(8, 'slots', slotRows)])));
      expect(frame).toMatchObject(header);
      const [first, second] = frame.sections;
      expect(first).toMatchObject({ table: 'logs', view: 7, rows: count, first: 123 });
      expect(textColumn(first, 'body')).toEqual(logRows.body);
      expect(textColumn(first, 'traceId')).toEqual(logRows.traceId);
      expect(numbers(second, 'requests')).toEqual(slotRows.requests);
      expect(numbers(second, 'p50Ms')).toEqual(slotRows.p50Ms);
    }
  });

  it('of another version is refused', () => {
    expect(() => decodeFrame(new ArrayBuffer(32))).toThrow(/reload the page/);
  });

  it('has a number of its own for each table', () => {
    const ids = Object.values(TABLES).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the stream', () => {
  let live: Running;
  const open: StreamClient[] = [];
  const connect = async (query = ''): Promise<StreamClient> => {
    const client = await StreamClient.connect(live, query);
    open.push(client);
    return client;
  };
  const services = (client: StreamClient): string[] => textColumn(client.sections('services').at(-1), 'service');

  beforeAll(async () => {
    live = await run();
    const trace = newId(32);
    await live.post('/v1/traces', traces('shop', [{ trace, error: true }]));
    await live.post('/v1/logs', logs('shop', [{ body: 'first line', severity: 17, trace }]));
    await live.post(
      '/v1/metrics',
      metrics('shop', [{ name: 'queue', gauge: { dataPoints: [{ timeUnixNano: '5000000', asInt: '4' }] } }]),
    );
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await live.close();
  });

  it.each(Object.keys(VIEWS) as ViewName[])('brings the tables of the view %s with rows in them', async (view) => {
    const client = await connect();
    const [{ id } = { id: 0 }] = await client.subscribe([{ view, name: 'queue' }]);
    const tables = VIEWS[view].tables as readonly TableName[];
    const found = await until(
      () => tables.every((table) => client.sections(table).length > 0) && client.frames[0],
      `tables of ${view}`,
    );
    expect(found.sections.map(({ table }) => table)).toEqual([...tables]);
    for (const one of found.sections) {
      expect(one.view).toBe(id);
      expect(one.rows).toBeGreaterThan(0);
    }
  });

  it('shows a new service at once', async () => {
    const client = await connect();
    await client.subscribe([{ view: 'services' }]);
    await until(() => services(client).includes('shop'), 'the first frame');
    await live.post('/v1/traces', traces('newcomer', [{}]));
    await until(() => services(client).includes('newcomer'), 'the new service');
  });

  it('goes on with logs where it stopped, and counts none as lost', async () => {
    const client = await connect();
    await client.subscribe([{ view: 'logs', text: 'numbered' }]);
    for (let n = 0; n < 30; n++) await live.post('/v1/logs', logs('shop', [{ body: `numbered ${n}` }]));
    const bodies = (): string[] => client.sections('logs').flatMap((one) => textColumn(one, 'body'));
    await until(() => bodies().length >= 30, '30 lines');
    expect(bodies()).toEqual(Array.from({ length: 30 }, (_, n) => `numbered ${n}`));
    let expected = 0;
    for (const { first, rows } of client.sections('logs')) {
      expect(first).toBe(expected);
      expected += rows;
    }
  });

  it('leaves frames out for a client that does not acknowledge, says how many, and shows it the present when it is back', async () => {
    const [slow, quick] = [await connect(), await connect()];
    slow.acknowledging = false;
    for (const client of [slow, quick]) await client.subscribe([{ view: 'services' }, { view: 'logs', text: 'flood' }]);
    await until(() => slow.frames.length === 2, 'two frames without acknowledgement');
    for (let n = 0; n < 20; n++) {
      await live.post(
        '/v1/logs',
        logs(
          'shop',
          Array.from({ length: 100 }, (_, i) => ({ body: `flood ${n * 100 + i}` })),
        ),
      );
      await live.post('/v1/traces', traces(`service-${n}`, [{}]));
    }
    await until(() => services(quick).includes('service-19'), 'the last service on the quick client');
    expect(slow.frames).toHaveLength(2);
    slow.acknowledging = true;
    slow.send({ ack: slow.frames.at(-1)?.sequence });
    await until(() => services(slow).includes('service-19'), 'the last service on the slow client');
    const back = slow.frames[2];
    expect(back?.skipped).toBeGreaterThan(0);
    const lines = slow.sections('logs').at(-1);
    expect(lines).toMatchObject({ first: 1500, rows: 500 });
    expect(textColumn(lines, 'body').at(-1)).toBe('flood 1999');
    const whole = quick.sections('logs').reduce((sum, { rows }) => sum + rows, 0);
    expect(whole).toBe(2000);
  });

  it('sends JSON to who asks for it, the same tables', async () => {
    const client = await connect('?format=json');
    await client.subscribe([{ view: 'services' }]);
    const frame = await until(() => client.jsonFrames[0], 'a JSON frame');
    expect(frame.sections.map(({ table }) => table)).toEqual(['services', 'slots']);
    expect(frame.sections[0]?.columns.service).toContain('shop');
    expect(frame.sections[1]?.columns.p50Ms).toContain(null);
  });

  it('gives two clients that ask for the same one view, and frees it with the last', async () => {
    const [one, other] = [await connect(), await connect()];
    const [a] = await one.subscribe([{ view: 'logs', text: 'shared' }]);
    const [b] = await other.subscribe([{ view: 'logs', text: 'shared', window: 5 }]);
    expect(a?.id).toBe(b?.id);
    one.close();
    await other.subscribe([]);
    const [c] = await other.subscribe([{ view: 'logs', text: 'shared' }]);
    await until(async () => c?.id !== a?.id, 'another view');
  });

  it.each([
    ['no json', 'not JSON'],
    ['[]', 'send an object'],
    ['{"subscribe": 1}', 'send {"subscribe"'],
    ['{"subscribe": [{"view": "constructor"}]}', 'view: one of services'],
    ['{"subscribe": [{"view": "services", "window": 0}]}', 'window: a whole number'],
    ['{"subscribe": [{"view": "logs", "level": "loud"}]}', 'level: one of trace'],
    ['{"subscribe": [], "hz": 1000}', 'hz: 1 to 60'],
    [JSON.stringify({ subscribe: Array.from({ length: 17 }, () => ({ view: 'logs' })) }), '16 views at most'],
  ])('answers %s with what is wrong, and stays open', async (message, part) => {
    const client = await connect();
    client.send(message);
    const answer = await until(() => client.messages[0], 'an error');
    expect((answer.error as { message: string }).message).toContain(part);
    await client.subscribe([{ view: 'services' }]);
    await until(() => client.frames.length > 0, 'a frame');
  });

  it('is closed to who has no key, and to the cookie from another origin', async () => {
    const status = (headers: Record<string, string>, path = '/stream'): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(live.url.replace('http', 'ws') + path, { headers });
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
        socket.on('open', () => {
          resolve(101);
          socket.terminate();
        });
        socket.on('error', () => undefined);
      });
    const login = await fetch(live.loginUrl, { redirect: 'manual' });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await status({ cookie })).toBe(403);
    expect(await status({ cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await status({ cookie, origin: live.url })).toBe(101);
    expect(await status({ authorization: `Bearer ${live.key}` }, '/other')).toBe(404);
  });
});

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
    console.log(newest.map((t) => [t?.slice(0,9), t?.length, t?.slice(-9)]));
    expect(newest).toEqual(
      expect.arrayContaining([expect.stringMatching(/^huge é{10000,}…$/), expect.stringMatching(/ 1 199$/)]),
    );
    client.close();
  });
});
