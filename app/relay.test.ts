import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import express from 'express';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, exposition, type Metrics } from '../telemetry/metrics.ts';
import { ATTRIBUTES, BROWSER, BROWSER_CLOCK, BROWSER_TRACES } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import type { BrowserSpans } from './browser-spans.ts';
import { createRelay } from './relay.ts';
import { sample } from './testing/shop.ts';

const servers: Server[] = [];
let metrics: Metrics;
let lines: { level: number; msg: string }[];
/** What was passed on, and how that is answered. */
let passed: { headers: IncomingMessage['headers']; body: BrowserSpans }[];
let answer: (response: ServerResponse) => void;
let shop: string;

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  metrics = createMetrics();
  lines = [];
  passed = [];
  answer = (response) => response.end('{}');
  const upstream = createServer(async (request, response) => {
    passed.push({ headers: request.headers, body: (await json(request)) as BrowserSpans });
    answer(response);
  });
  const endpoint = await listen(upstream);
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const { router } = createRelay({ endpoint, token: 'only-for-traces', metrics, logger });
  shop = await listen(createServer(express().use(router)));
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const SPAN = {
  traceId: 'a1'.repeat(16),
  spanId: 'b2'.repeat(8),
  name: 'Buy',
  kind: 1,
  startTimeUnixNano: '1795660536168000000',
  endTimeUnixNano: '1795660536324000000',
  attributes: [] as object[],
};
const body = (span: object = {}, attributes: object[] = [text('service.name', BROWSER)]) => ({
  resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'page' }, spans: [{ ...SPAN, ...span }] }] }],
});

async function post(what: object | string | Uint8Array<ArrayBuffer> = body(), headers: Record<string, string> = {}) {
  const payload: string | Uint8Array<ArrayBuffer> =
    typeof what === 'string' || what instanceof Uint8Array ? what : JSON.stringify(what);
  const sent = { origin: shop, 'content-type': 'application/json', ...headers };
  const init = { method: 'POST', headers: sent, body: payload };
  const response = await fetch(shop + BROWSER_TRACES, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, string> };
}
const value = async (name: string, ...labels: string[]) => sample(await exposition(metrics.registry), name, ...labels);
const requests = (outcome: string) => value('browser_relay_requests_total', `outcome="${outcome}"`);
const spans = (outcome: string) => value('browser_relay_spans_total', `outcome="${outcome}"`);
const first = () => (passed[0] ?? { body: { resourceSpans: [] } }).body;
const taken = () => eventually('the spans are passed on', async () => (await requests('taken')) === 1);

describe("the page's spans", () => {
  it('are passed on with the key for them, under the identity of the page and no other', async () => {
    const attributes = [text('service.name', BROWSER), text('host.name', 'made-up'), text('service.namespace', 'bank')];
    expect(await post(body({}, attributes))).toMatchObject({ status: 200, body: {} });
    await taken();
    expect(passed[0]?.headers.authorization).toBe('Bearer only-for-traces');
    const { resourceSpans } = first();
    expect(resourceSpans[0]?.resource.attributes).toEqual([
      text('service.name', BROWSER),
      text('service.namespace', 'shop'),
      text('telemetry.sdk.name', 'opentelemetry'),
      text('telemetry.sdk.language', 'webjs'),
    ]);
    expect([await spans('taken'), await spans('lost')]).toEqual([1, 0]);
  });

  it('lose what no page has to say, counted, and are masked', async () => {
    const attributes = [
      text(ATTRIBUTES.url, 'http://localhost/visitor@example.com/4242424242424242'),
      text('enduser.id', 'me'),
      text('db.system.name', 'made-up'),
      { key: ATTRIBUTES.status, value: { arrayValue: {} } },
    ];
    await post({ ...body({ attributes, traceState: 'x=y', status: { code: 2, message: 'secret' } }), resourceMetrics: [] });
    await taken();
    const { resourceSpans, ...rest } = first();
    expect(rest).toEqual({});
    const [span] = resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(span).toMatchObject({
      attributes: [text(ATTRIBUTES.url, 'http://localhost/****/****')],
      droppedAttributesCount: 3,
      status: { code: 2 },
    });
    expect(JSON.stringify(span)).not.toMatch(/secret|x=y/);
  });

  it('become metrics where they are Web Vitals, with the trace as exemplar', async () => {
    const vital = (name: string, number: object) => ({
      name: `web_vital ${name}`,
      attributes: [text(ATTRIBUTES.vital, name), { key: ATTRIBUTES.vitalValue, value: number }],
    });
    await post(body(vital('lcp', { doubleValue: 2400.5 })));
    await post(body(vital('cls', { doubleValue: 0.04 })));
    await post(body(vital('inp', { intValue: 1e9 })));
    const metricsText = await exposition(metrics.registry);
    expect(sample(metricsText, 'browser_web_vital_seconds_sum', '"lcp"')).toBeCloseTo(2.4005, 6);
    expect(sample(metricsText, 'browser_web_vital_seconds_count', '"ttfb"')).toBe(0);
    expect(sample(metricsText, 'browser_web_vital_seconds_count', '"inp"')).toBe(0);
    expect(sample(metricsText, 'browser_web_vital_layout_shift_sum')).toBe(0.04);
    expect(metricsText).toContain(`# {trace_id="${SPAN.traceId}",span_id="${SPAN.spanId}"} 2.4005`);
  });

  it('of a browser whose clock is off are moved to the time that it has here', async () => {
    const hour = 3_600_000;
    const then = BigInt(Date.now() - hour) * 1_000_000n;
    const times = { startTimeUnixNano: String(then - 5_000_000n), endTimeUnixNano: String(then) };
    await post(body({ ...times, events: [{ name: 'fetchStart', timeUnixNano: String(then) }] }), {
      [BROWSER_CLOCK]: String(Date.now() - hour),
    });
    await taken();
    const [span] = first().resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    const end = BigInt(span?.endTimeUnixNano ?? 0);
    expect(Math.abs(Number(end / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    expect(end - BigInt(span?.startTimeUnixNano ?? 0)).toBe(5_000_000n);
    expect(BigInt(span?.events[0]?.timeUnixNano ?? 0)).toBe(end);
  });
});

describe('refused in one line and counted', () => {
  it.each([
    ['another origin', { origin: 'https://elsewhere.example' }, 403, 'foreign_origin', 'https://elsewhere.example'],
    ['an origin that is none', { origin: 'null' }, 403, 'foreign_origin', 'spans of null'],
    ['text', { 'content-type': 'text/plain' }, 415, 'content_type', 'text/plain'],
    ['protobuf', { 'content-type': 'application/x-protobuf' }, 415, 'content_type', 'application/x-protobuf'],
  ])('%s', async (_, headers, status, code, says) => {
    expect(await post(body(), headers)).toMatchObject({ status, body: { error: code, reason: expect.stringContaining(says) } });
    expect(await requests(code)).toBe(1);
    expect(passed).toEqual([]);
  });

  it('no origin', async () => {
    const response = await fetch(shop + BROWSER_TRACES, { method: 'POST', body: JSON.stringify(body()) });
    expect([response.status, await response.json()]).toMatchObject([403, { reason: expect.stringContaining('no origin') }]);
  });

  it('what is packed: it may unpack to anything', async () => {
    const packed = await post(new Uint8Array(gzipSync(JSON.stringify(body()))), { 'content-encoding': 'gzip' });
    expect(packed).toMatchObject({ status: 415, body: { reason: expect.stringContaining('gzip') } });
  });

  it.each([
    ['a service of the shop', body({}, [text('service.name', 'orders')]), `service.name must be ${BROWSER}`],
    ['two names', body({}, [text('service.name', BROWSER), text('service.name', 'orders')]), 'service.name must be'],
    ['no name', body({}, []), 'service.name must be'],
    ['a name of no span of the page', body({ name: 'DROP TABLE' }), 'is no span of the page'],
    ['a server span', body({ kind: 2 }), 'must be internal (1) or client (3)'],
    ['an id that is none', body({ traceId: 'xyz' }), 'must be 32 hexadecimal digits'],
    ['a time that is none', body({ endTimeUnixNano: '-1' }), 'must be nanoseconds'],
    ['no spans at all', { resourceSpans: [] }, 'resourceSpans'],
    ['logs', { resourceLogs: [] }, 'resourceSpans'],
    ['thousands of nothing', { resourceSpans: Array.from({ length: 20_000 }, () => ({})) }, 'resourceSpans: '],
    ['a span of thousands of attributes', body({ attributes: Array.from({ length: 20_000 }, () => ({})) }), 'attributes: '],
    ['no JSON', '{"resourceSpans', 'the body is no JSON'],
  ])('%s', async (_, what, says) => {
    const { status, body: told } = await post(what);
    expect([status, told.error, told.reason]).toEqual([400, 'malformed', expect.stringContaining(says)]);
    expect(told.reason).not.toContain('\n');
    expect(await requests('malformed')).toBe(1);
    expect(passed).toEqual([]);
  });

  it('what is larger than a batch of the page', async () => {
    const attributes = [text(ATTRIBUTES.url, 'x'.repeat(70_000))];
    expect(await post(body({ attributes }))).toMatchObject({ status: 413, body: { error: 'too_large' } });
    expect(await requests('too_large')).toBe(1);
  });

  it('more than a page can have to say', async () => {
    const statuses = await Promise.all(Array.from({ length: 70 }, async () => (await post('no')).status));
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    expect(await post()).toMatchObject({ status: 429, body: { error: 'rate_limited' } });
    expect([await requests('rate_limited'), await requests('malformed')]).toEqual([11, 60]);
  });
});

describe('other pages', () => {
  const ask = (origin: string) =>
    fetch(shop + BROWSER_TRACES, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  it('are told by CORS that they may not; this one, that it may', async () => {
    const own = await ask(shop);
    expect([own.status, own.headers.get('access-control-allow-origin'), own.headers.get('vary')]).toEqual([204, shop, 'origin']);
    const other = await ask('https://elsewhere.example');
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});

describe('a receiver', () => {
  it('that is away costs spans, not the page: counted, and told once', async () => {
    answer = (response) => response.writeHead(503).end('busy');
    for (let i = 0; i < 3; i++) expect((await post()).status).toBe(200);
    await eventually('three lost', async () => (await spans('lost')) === 3);
    expect([await requests('lost'), await requests('taken')]).toEqual([3, 0]);
    answer = (response) => response.end('{}');
    await post();
    await taken();
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [40, expect.stringMatching(/^the page's spans are lost: .* answered 503 busy$/)],
      [30, expect.stringContaining('arrive again')],
    ]);
  });

  it('that leaves spans out is believed', async () => {
    answer = (response) => response.end(JSON.stringify({ partialSuccess: { rejectedSpans: '1' } }));
    await post();
    await eventually('one lost', async () => (await spans('lost')) === 1);
  });

  it('that hangs makes the relay refuse, and the page come again', async () => {
    answer = () => {};
    for (let i = 0; i < 8; i++) expect((await post()).status).toBe(200);
    const { status, headers, body } = await post();
    expect([status, headers.get('retry-after'), body.error]).toEqual([503, '1', 'overloaded']);
    expect(await requests('overloaded')).toBe(1);
  });
});
