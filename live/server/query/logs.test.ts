import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectToProtobuf } from '../otlp/json-to-protobuf.ts';
import { Live } from '../receive/live.ts';
import { attributes, logs, newId, traces, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { ANY_LOG, searchLogs } from './logs.ts';
import { errorGroups } from './services.ts';

const START = 1_800_000_000_000;

describe('the search of logs', () => {
  const live = new Live({ traces: 2 ** 20, metrics: 2 ** 20, logs: 2 ** 24 });
  const trace = newId(32);
  const span = newId(16);
  for (let n = 0; n < 200; n++) {
    const service = n % 2 ? 'shop' : 'stock';
    const where = n % 20 === 0 ? { trace, span } : {};
    // Each time twice, so that pages end amid equal times.
    const line = {
      body: `Line ${n} of 200`,
      severity: 1 + (n % 24),
      timeMs: START + Math.floor(n / 2) * 10,
      attributes: { n },
      ...where,
    };
    live.take('logs', logs(service, [line]), 'key');
  }
  const find = (filter: Partial<typeof ANY_LOG>): number[] =>
    searchLogs(live, { ...ANY_LOG, ...filter }, 1000, '').logs.map(({ attributes }) => Number(attributes.n));
  const where = (test: (n: number) => boolean): number[] => Array.from({ length: 200 }, (_, n) => n).filter(test);
  const sorted = (list: number[]): number[] => list.sort((a, b) => a - b);

  it('shows every record once over all pages, the newest first', () => {
    const times: number[] = [];
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: ReturnType<typeof searchLogs> = searchLogs(live, ANY_LOG, 7, cursor);
      times.push(...page.logs.map(({ timeMs }) => timeMs));
      seen.push(...page.logs.map(({ attributes }) => Number(attributes.n)));
      cursor = page.next;
    }
    expect(sorted([...seen])).toEqual(where(() => true));
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('filters by text without regard to case, level, service, trace, span and time', () => {
    expect(sorted(find({ text: 'LINE 17 OF' }))).toEqual([17]);
    expect(sorted(find({ level: 'error' }))).toEqual(where((n) => 1 + (n % 24) >= 17));
    expect(sorted(find({ service: 'shop' }))).toEqual(where((n) => n % 2 === 1));
    expect(sorted(find({ traceId: trace }))).toEqual(where((n) => n % 20 === 0));
    expect(sorted(find({ spanId: span, level: 'fatal' }))).toEqual(where((n) => n % 20 === 0 && 1 + (n % 24) >= 21));
    expect(sorted(find({ fromMs: START + 500, toMs: START + 520 }))).toEqual(where((n) => n >= 100 && n <= 105));
    expect(find({ traceId: newId(32) })).toEqual([]);
  });

  it('shows, searches and groups events that have no body by what they tell of', async () => {
    const one = new Live({ traces: 2 ** 20, metrics: 2 ** 20, logs: 2 ** 20 });
    const crash = {
      'exception.type': 'java.lang.IllegalStateException',
      'exception.message': 'cart 17 is empty',
      'exception.stacktrace': 'at Cart.pay(Cart.kt:42)',
    };
    const records = [
      { eventName: 'device.crash', severityNumber: 21, attributes: attributes(crash) },
      { eventName: 'app.screen.shown', severityNumber: 9, attributes: attributes({ screen: 'home' }) },
      { severityNumber: 17, body: { stringValue: 'failed' }, attributes: attributes(crash) },
    ];
    const resourceLogs = [
      { resource: { attributes: attributes({ 'service.name': 'app' }) }, scopeLogs: [{ logRecords: records }] },
    ];
    one.take('logs', Buffer.from(objectToProtobuf({ resourceLogs }, 'LogsData')), 'key');
    const said = (text: string) =>
      searchLogs(one, { ...ANY_LOG, text }, 10, '').logs.map(({ body, eventName }) => [body, eventName]);
    const told = 'java.lang.IllegalStateException: cart 17 is empty';
    expect(said('').sort()).toEqual([
      ['app.screen.shown', 'app.screen.shown'],
      ['failed', ''],
      [told, 'device.crash'],
    ]);
    expect(said('IS EMPTY').sort()).toEqual([
      ['failed', ''],
      [told, 'device.crash'],
    ]);
    expect(said('device.crash')).toEqual([[told, 'device.crash']]);
    expect(said('cart.kt:42')).toHaveLength(2);
    expect(errorGroups(one.derived, 'app', 10).map(({ type, template }) => [type, template])).toContainEqual([
      'java.lang.IllegalStateException',
      'java.lang.IllegalStateException: cart <n> is empty',
    ]);
  });

  it('reads the level from its text where a record has no number', () => {
    const one = new Live({ traces: 2 ** 20, metrics: 2 ** 20, logs: 2 ** 20 });
    // severity_text "WARN" alone
    one.take('logs', Buffer.from([0x0a, 0x0a, 0x12, 0x08, 0x12, 0x06, 0x1a, 0x04, ...Buffer.from('WARN')]), 'key');
    expect(searchLogs(one, { ...ANY_LOG, level: 'warn' }, 10, '').logs).toMatchObject([
      { level: 'warn', severity: 13, service: 'unknown_service' },
    ]);
    expect(searchLogs(one, { ...ANY_LOG, level: 'error' }, 10, '').logs).toEqual([]);
  });
});

describe('following', () => {
  let live: Running;
  beforeAll(async () => {
    live = await run();
  });
  afterAll(() => live.close());

  /** Reads lines as they come. */
  async function follow(path: string): Promise<{ lines: Record<string, unknown>[]; stop(): Promise<void> }> {
    const abort = new AbortController();
    const response = await live.get(path, { signal: abort.signal });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines: Record<string, unknown>[] = [];
    const reading = (async () => {
      let rest = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + Buffer.from(chunk).toString()).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>));
      }
    })().catch(() => undefined);
    return {
      lines,
      stop: async () => {
        abort.abort();
        await reading;
      },
    };
  }

  it('brings spans that match as they come', async () => {
    const { lines, stop } = await follow('/api/traces/follow?service=shop&status=error');
    const trace = newId(32);
    await live.post('/v1/traces', traces('shop', [{ name: 'well' }, { trace, name: 'failed', error: true }]));
    await live.post('/v1/traces', traces('stock', [{ error: true }]));
    await live.post('/v1/traces', traces('shop', [{ name: 'again', error: true }]));
    await until(() => lines.length === 2, 'two lines');
    expect(lines[0]).toMatchObject({
      traceId: trace,
      operation: 'failed',
      service: 'shop',
      kind: 'server',
      status: 'error',
      durationMs: 10,
    });
    await stop();
  });

  it('brings log records that match as they come', async () => {
    const { lines, stop } = await follow('/api/logs/follow?level=warn&text=wanted');
    await live.post(
      '/v1/logs',
      logs('shop', [{ body: 'wanted, but low' }, { body: 'wanted', severity: 13 }, { body: 'other', severity: 17 }]),
    );
    await until(() => lines.length > 0, 'a line');
    expect(lines).toMatchObject([{ body: 'wanted', level: 'warn' }]);
    await stop();
  });

  it('tells a client that does not read how many lines it lost, and holds no more than a bit for it', async () => {
    const url = new URL('/api/logs/follow', live.url);
    const lines: string[] = [];
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) => {
      request(url, { headers: { authorization: `Bearer ${live.key}` } }, resolve).end();
    });
    response.pause();
    const total = 250 * 25;
    for (let n = 0; n < 250; n++) {
      const batch = Array.from({ length: 25 }, (_, i) => ({ body: `${'x'.repeat(4000)} ${n} ${i}` }));
      await live.post('/v1/logs', logs('flood', batch));
    }
    response.setEncoding('utf8');
    let rest = '';
    response.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
    response.resume();
    const gaps = (): number =>
      lines.filter((line) => line.startsWith('{"gap"')).reduce((sum, line) => sum + (JSON.parse(line) as { gap: number }).gap, 0);
    const shown = (): number => lines.filter((line) => !line.startsWith('{"gap"')).length;
    await until(() => gaps() > 0 && gaps() + shown() === total, 'all lines, shown or counted');
    response.destroy();
  });
});
