import { describe, expect, it } from 'vitest';
import { exportRows } from '../page/export.ts';
import { Live } from '../receive/live.ts';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import { type OracleMessage, oracleDecode, oracleEncode } from '../testing/otlp-proto.ts';
import { RandomOtlp } from '../testing/random.ts';

const CAPS = { traces: 2 ** 26, metrics: 2 ** 26, logs: 2 ** 26 };
const MESSAGES: Record<Signal, OracleMessage> = { traces: 'TracesData', metrics: 'MetricsData', logs: 'LogsData' };
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };

/** Fields whose zero means something: the others are left out on the wire when they are zero, and alike here. */
const PRESENCE = new Set([
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'bytesValue',
  'asInt',
  'asDouble',
  'sum',
  'min',
  'max',
]);
const EMPTY_VALUES = new Set(['arrayValue', 'kvlistValue']);
const NOTHING: unknown[] = ['', 0, '0', false, undefined, null];

function canonical(value: unknown, hexIds: boolean): unknown {
  if (Buffer.isBuffer(value)) return value.length === 0 ? '' : value.toString(hexIds ? 'hex' : 'base64');
  if (Array.isArray(value)) return value.map((one) => canonical(one, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, canonical(one, name.endsWith('Id'))] as const);
  const kept = entries.filter(([name, one]) => {
    if (PRESENCE.has(name) || EMPTY_VALUES.has(name)) return true;
    if (typeof one === 'object' && one !== null) return Object.keys(one).length > 0;
    return !NOTHING.includes(one);
  });
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Tree = Record<string, unknown>;
const listAt = (object: unknown, name: string): Tree[] => ((object as Tree)[name] ?? []) as Tree[];

/** Every item with its resource and scope; of metrics every point with its metric: in that order both sides must agree. */
function flatten(signal: Signal, data: object): string[] {
  const [resources, scopes, items] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  }[signal] as [string, string, string];
  const flat: string[] = [];
  for (const resource of listAt(data, resources)) {
    for (const scope of listAt(resource, scopes)) {
      for (const item of listAt(scope, items)) {
        const head = { resource: canonical(resource.resource ?? {}, false), scope: canonical(scope.scope ?? {}, false) };
        if (signal !== 'metrics') {
          flat.push(JSON.stringify({ ...head, item: canonical(item, false) }));
          continue;
        }
        for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']) {
          const { dataPoints, ...data } = (item[kind] ?? {}) as Tree;
          for (const point of (dataPoints ?? []) as Tree[]) {
            const { [kind]: _, ...metric } = item;
            flat.push(
              JSON.stringify({
                ...head,
                kind,
                metric: canonical(metric, false),
                data: canonical(data, false),
                point: canonical(point, false),
              }),
            );
          }
        }
      }
    }
  }
  return flat.sort();
}

describe.each(SIGNALS)('decoding %s', (signal) => {
  it('keeps exactly what protobufjs reads, over 120 random requests', () => {
    let compared = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const live = new Live(CAPS);
      const bytes = oracleEncode(MESSAGES[signal], new RandomOtlp(seed)[signal]());
      const wanted = flatten(signal, oracleDecode(MESSAGES[signal], bytes));
      const { held, rejected } = live.take(signal, bytes, 'key');
      expect(flatten(signal, exportRows(live, signal, ALL, 1000)), `seed ${seed}`).toEqual(wanted);
      expect([held, rejected]).toEqual([wanted.length, 0]);
      compared += wanted.length;
    }
    expect(compared).toBeGreaterThan(400);
  });

  it('reads JSON to the same rows as protobuf', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const bytes = oracleEncode(MESSAGES[signal], new RandomOtlp(seed)[signal]());
      const fromProtobuf = new Live(CAPS);
      fromProtobuf.take(signal, bytes, 'key');
      const json = JSON.stringify(exportRows(fromProtobuf, signal, ALL, 1000));
      const fromJson = new Live(CAPS);
      fromJson.take(signal, Buffer.from(json), 'key', 'json');
      expect(flatten(signal, exportRows(fromJson, signal, ALL, 1000)), `seed ${seed}`).toEqual(
        flatten(signal, exportRows(fromProtobuf, signal, ALL, 1000)),
      );
    }
  });
});
