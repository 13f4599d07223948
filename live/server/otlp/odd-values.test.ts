/** Values that are not what OTLP says: each costs itself at most, never the batch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportRows } from '../page/export.ts';
import { Live } from '../receive/live.ts';
import { MalformedError } from '../store/wire.ts';
import { newId } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import type { JsonObject } from './protobuf-to-json.ts';

const CAPS = { traces: 2 ** 22, metrics: 2 ** 22, logs: 2 ** 22 };
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };

/** Takes JSON as text, since no value of JavaScript is written as 3.0 or 9223372036854775808; returns what is held of it. */
function held(signal: 'traces' | 'metrics' | 'logs', json: string): { live: Live; out: JsonObject; taken: object } {
  const live = new Live(CAPS);
  const taken = live.take(signal, Buffer.from(json), 'key', 'json');
  return { live, out: exportRows(live, signal, ALL, 100), taken };
}

const IDS = `"traceId":"${'1'.repeat(32)}","spanId":"${'2'.repeat(16)}"`;
const inSpans = (spans: string): string =>
  `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[${spans}]}]}]}`;
const firstSpan = (out: JsonObject): JsonObject => {
  const [{ scopeSpans }] = out.resourceSpans as [{ scopeSpans: [{ spans: [JsonObject] }] }];
  return scopeSpans[0].spans[0];
};

describe('an attribute', () => {
  it.each([
    ['{"intValue":9223372036854775807}', { intValue: '9223372036854775807' }],
    ['{"intValue":"-9223372036854775808"}', { intValue: '-9223372036854775808' }],
    ['{"intValue":9223372036854775808}', { doubleValue: 2 ** 63 }],
    ['{"intValue":"18446744073709551616"}', { doubleValue: 2 ** 64 }],
    ['{"intValue":1e300}', { doubleValue: 1e300 }],
    ['{"intValue":-1e300}', { doubleValue: -1e300 }],
    ['{"intValue":3.0}', { intValue: '3' }],
    ['{"intValue":"3.0"}', { intValue: '3' }],
    ['{"intValue":1e3}', { intValue: '1000' }],
    ['{"intValue":2.5}', { doubleValue: 2.5 }],
    ['{"intValue":"ten"}', { stringValue: 'ten' }],
    ['{"intValue":true}', { boolValue: true }],
    ['{"doubleValue":"NaN"}', { doubleValue: 'NaN' }],
    ['{"doubleValue":"-Infinity"}', { doubleValue: '-Infinity' }],
    ['{"doubleValue":"2.5"}', { doubleValue: 2.5 }],
    ['{"boolValue":"true"}', { boolValue: true }],
    ['{"stringValue":7}', { stringValue: '7' }],
    ['{"bytesValue":"AQID"}', { bytesValue: 'AQID' }],
    [
      '{"arrayValue":{"values":[{"intValue":1e300},{"stringValue":"x"}]}}',
      { arrayValue: { values: [{ doubleValue: 1e300 }, { stringValue: 'x' }] } },
    ],
    ['"bare"', { stringValue: 'bare' }],
  ])('%s is kept as the nearest that can be', (value, kept) => {
    const { out, taken } = held(
      'traces',
      inSpans(`{${IDS},"attributes":[{"key":"a","value":${value}},{"key":"b","value":{"intValue":"1"}}]}`),
    );
    expect(taken).toMatchObject({ held: 1, rejected: 0 });
    expect(firstSpan(out).attributes).toEqual([
      { key: 'a', value: kept },
      { key: 'b', value: { intValue: '1' } },
    ]);
    expect(firstSpan(out).droppedAttributesCount).toBeUndefined();
  });

  it.each([
    '{"key":"a","value":[1]}',
    '{"key":{},"value":{"intValue":1}}',
    '7',
    '"text"',
    '[]',
    '{"key":"a","value":{"arrayValue":7}}',
  ])('%s is left out and counted, beside what the sender had left out', (attribute) => {
    const spans = `{${IDS},"droppedAttributesCount":2,"attributes":[${attribute},{"key":"b","value":{"intValue":1}}]}`;
    const { out, taken } = held('traces', inSpans(spans));
    expect(taken).toMatchObject({ held: 1, rejected: 0, message: '' });
    expect(firstSpan(out)).toMatchObject({
      attributes: [{ key: 'b', value: { intValue: '1' } }],
      droppedAttributesCount: 3,
    });
  });

  it('of a resource, a scope and a log record is left out and counted as well', () => {
    const bad = '"attributes":[7,{"key":"b","value":{"intValue":1}}]';
    const { out } = held(
      'logs',
      `{"resourceLogs":[{"resource":{${bad}},"scopeLogs":[{"scope":{${bad}},"logRecords":[{${bad}}]}]}]}`,
    );
    const [{ resource, scopeLogs }] = out.resourceLogs as [
      { resource: object; scopeLogs: [{ scope: object; logRecords: [object] }] },
    ];
    for (const one of [resource, scopeLogs[0].scope, scopeLogs[0].logRecords[0]])
      expect(one).toMatchObject({ attributes: [{ key: 'b' }], droppedAttributesCount: 1 });
  });

  it('that is not UTF-8, or no message, costs itself in protobuf too', () => {
    const live = new Live(CAPS);
    const attribute = Buffer.from([0x4a, 0x05, 0x0a, 0x01, 0x61, 0x12, 0x7f]);
    const ids = Buffer.from([0x0a, 16, ...Buffer.alloc(16, 1), 0x12, 8, ...Buffer.alloc(8, 2)]);
    const span = Buffer.concat([ids, attribute]);
    const wrap = (tag: number, inner: Buffer): Buffer => Buffer.concat([Buffer.from([tag, inner.length]), inner]);
    expect(live.take('traces', wrap(0x0a, wrap(0x12, wrap(0x12, span))), 'key')).toMatchObject({ held: 1, rejected: 0 });
    expect(firstSpan(exportRows(live, 'traces', ALL, 1))).toMatchObject({ attributes: [], droppedAttributesCount: 1 });
  });
});

describe('a field', () => {
  it('takes enums by name, and of a name that nobody knows none', () => {
    const of = (fields: string): JsonObject => firstSpan(held('traces', inSpans(`{${IDS},${fields}}`)).out);
    expect(of('"kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}')).toMatchObject({ kind: 3, status: { code: 2 } });
    expect(of('"kind":"3"')).toMatchObject({ kind: 3 });
    expect(of('"kind":3.0')).toMatchObject({ kind: 3 });
    expect(of('"kind":"SPAN_KIND_OTHER"')).toMatchObject({ kind: 0 });
    const { out } = held(
      'logs',
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"SEVERITY_NUMBER_ERROR2"}]}]}]}',
    );
    expect(JSON.stringify(out)).toContain('"severityNumber":18');
    const sum = '{"name":"m","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[{"asInt":"1"}]}}';
    const points = held('metrics', `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${sum}]}]}]}`);
    expect(JSON.stringify(points.out)).toContain('"aggregationTemporality":2');
  });

  it('takes times written as numbers, in exponents or with a point', () => {
    const { out } = held('traces', inSpans(`{${IDS},"startTimeUnixNano":1700000000000000000,"endTimeUnixNano":1.7e18}`));
    expect(firstSpan(out)).toMatchObject({ startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000000000000' });
  });

  it('of an integer point that has more than 64 bits is kept as a double', () => {
    const gauge = '{"name":"m","gauge":{"dataPoints":[{"asInt":"9223372036854775808"},{"asInt":1e300},{"asInt":3.0}]}}';
    const { out } = held('metrics', `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${gauge}]}]}]}`);
    const text = JSON.stringify(out);
    expect(text).toContain(`"asDouble":${2 ** 63}`);
    expect(text).toContain('"asDouble":1e+300');
    expect(text).toContain('"asInt":"3"');
  });

  it('that is an event or a link and cannot be read is left out and counted', () => {
    const { out, taken } = held(
      'traces',
      inSpans(`{${IDS},"events":[7,{"name":"e"}],"links":["x",{${IDS}}],"droppedLinksCount":1}`),
    );
    expect(taken).toMatchObject({ held: 1, rejected: 0 });
    expect(firstSpan(out)).toMatchObject({ events: [{ name: 'e' }], droppedEventsCount: 1, droppedLinksCount: 2 });
  });
});

describe('an item that cannot be read is left out and told, the others are held', () => {
  let live: Running;
  beforeAll(async () => {
    live = await run();
  });
  afterAll(() => live.close());

  it.each([
    ['traces', 'rejectedSpans', 'spans', 'resourceSpans', 'scopeSpans', [`{${IDS}}`, '{"traceId":"zz"}', '7', '{"traceId":[]}']],
    [
      'logs',
      'rejectedLogRecords',
      'logRecords',
      'resourceLogs',
      'scopeLogs',
      ['{"body":{"stringValue":"b"}}', '{"timeUnixNano":"now"}', '7', '{"traceId":5}'],
    ],
  ] as const)('of %s', async (signal, rejected, items, resources, scopes, list) => {
    const body = `{"${resources}":[{"${scopes}":[{"${items}":[${list.join(',')}]}]}]}`;
    const response = await live.post(`/v1/${signal}`, body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      partialSuccess: {
        [rejected]: '3',
        errorMessage: expect.stringContaining('3 left out that cannot be read, the first because'),
      },
    });
    const { signals } = await live.json<{ signals: { signal: string; keys: object[] }[] }>('/api/ledger');
    expect(signals.find((one) => one.signal === signal)).toMatchObject({
      received: 4,
      held: 1,
      rejected: 3,
      keys: [{ reasons: { malformed: 3 } }],
    });
  });

  it('of metrics: the point or the metric, not those beside it', async () => {
    const points = (list: string): string => `{"name":"m","gauge":{"dataPoints":[${list}]}}`;
    const list = [points('{"asInt":"1"},{"timeUnixNano":{}},{"attributes":[7]}'), '7', points('{"asDouble":2}')];
    const response = await live.post('/v1/metrics', `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${list}]}]}]}`);
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedDataPoints: '3' } });
  });

  it('in protobuf: a span whose bytes end too soon, and one whose id has fifteen bytes', async () => {
    const span = (traceBytes: number): number[] => [0x0a, traceBytes, ...Array(traceBytes).fill(1), 0x12, 8, ...Array(8).fill(3)];
    const truncated = [0x0a, 16, ...Array(9).fill(1)];
    const spans = [span(16), span(15), truncated].flatMap((one) => [0x12, one.length, ...one]);
    const body = Buffer.from([0x0a, spans.length + 2, 0x12, spans.length, ...spans]);
    const response = await live.post('/v1/traces', body);
    expect(response.status).toBe(200);
    const answer = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect(answer).toContain('1 left out: a trace id must have 16 bytes');
    expect(answer).toContain('1 left out that cannot be read');
  });
});

describe('bytes that are no request are refused whole', () => {
  it.each([
    '',
    'null',
    '[]',
    '7',
    '"text"',
    '{',
    '{"resourceSpans":[}',
    '{"resourceSpans":7}',
    '{"resourceSpans":[7]}',
    '{"resourceSpans":[{"scopeSpans":7}]}',
    `${inSpans('')}x`,
  ])('%s', (text) => {
    const live = new Live(CAPS);
    expect(() => live.take('traces', Buffer.from(text), 'key', 'json')).toThrow(MalformedError);
    expect(live.ledger.total('traces').received).toBe(0);
  });

  it('names what was wrong, and where', () => {
    const live = new Live(CAPS);
    expect(() => live.take('traces', Buffer.from('{"resourceSpans":7}'), 'key', 'json')).toThrow(
      'TracesData.resourceSpans must be an array, not 7',
    );
  });
});

describe('what is said too much', () => {
  it('by a resource of 100,000 attributes with 10,000 scopes costs its bytes once: what is beyond 64 KiB is left out and counted', () => {
    const attribute = (n: number): string => `{"key":"key-${n}","value":{"intValue":"${n}"}}`;
    const attributes = Array.from({ length: 100_000 }, (_, n) => attribute(n)).join(',');
    const name = '{"key":"service.name","value":{"stringValue":"shop"}}';
    const scopes = Array.from(
      { length: 10_000 },
      (_, n) => `{"scope":{"name":"s${n}"},"spans":[{"traceId":"${newId(32)}","spanId":"${newId(16)}"}]}`,
    );
    const live = new Live({ ...CAPS, traces: 2 ** 26 });
    const json = `{"resourceSpans":[{"resource":{"attributes":[${attributes},${name}]},"scopeSpans":[${scopes.join(',')}]}]}`;
    expect(live.take('traces', Buffer.from(json), 'key', 'json')).toMatchObject({ held: 10_000, rejected: 0 });
    expect(live.traces.services()).toEqual(['shop']);
    const { resourceSpans } = exportRows(live, 'traces', ALL, 1) as unknown as {
      resourceSpans: [{ resource: { attributes: object[]; droppedAttributesCount: number } }];
    };
    const { attributes: kept, droppedAttributesCount } = resourceSpans[0].resource;
    expect(kept.length + droppedAttributesCount).toBe(100_001);
    expect(kept.length).toBeGreaterThan(1000);
    expect(live.traces.bytes).toBeLessThan(16 * 2 ** 20);
  });

  it('by a metric with a description of 20 MB and 100,000 data fields is read once: the points are held without it', () => {
    const live = new Live({ ...CAPS, metrics: 2 ** 26 });
    const field = (tag: number, inner: Buffer): Buffer => {
      const length: number[] = [];
      let rest = inner.length;
      for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
      return Buffer.concat([Buffer.from([tag, ...length, rest]), inner]);
    };
    const point = field(0x0a, Buffer.from([0x31, 1, 0, 0, 0, 0, 0, 0, 0]));
    const data = Buffer.concat(Array(100_000).fill(field(0x2a, point)));
    const metric = Buffer.concat([field(0x0a, Buffer.from('load')), field(0x12, Buffer.alloc(20_000_000, 'd')), data]);
    const request = field(0x0a, field(0x12, field(0x12, metric)));
    expect(live.take('metrics', request, 'key')).toMatchObject({ held: 100_000, rejected: 0 });
    expect(live.metrics.bytes).toBeLessThan(2 ** 25);
  });
});
