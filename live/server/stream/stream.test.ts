import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { logs, metrics, newId, traces, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { StreamClient, textColumn } from '../testing/stream-client.ts';
import { type AnyTable, decodeFrame, TABLES, type TableName, VIEWS, type ViewName } from './frame-layout.ts';
import { emptyRows, encodeFrame, section } from './frames.ts';

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
      // A frame has 500 lines at most: no client that has to wait for the processor is quick.
      await until(() => services(quick).includes(`service-${n}`), 'the new service on the quick client');
    }
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
