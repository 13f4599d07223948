/** OTLP requests to send: spans with 17 attributes, of which a share differs from span to span; log records and points likewise. */
import { randomBytes } from 'node:crypto';
import { objectToProtobuf } from '../server/otlp/json-to-protobuf.ts';
import type { Signal } from '../server/store/ledger.ts';

/** A request of `size` items of one service, made now. */
export function batch(signal: Signal, size: number, service = 'storefront'): Buffer {
  const resource = { attributes: attributes({ 'service.name': service, 'service.version': '1.0.0' }) };
  const items = Array.from({ length: size }, (_, i) => (signal === 'traces' ? span(i) : signal === 'logs' ? log(i) : point(i)));
  switch (signal) {
    case 'traces':
      return encode('TracesData', { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans: items }] }] });
    case 'logs':
      return encode('LogsData', { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'bench' }, logRecords: items }] }] });
    default: {
      const metrics = [{ name: 'queue.size', unit: '1', gauge: { dataPoints: items } }];
      return encode('MetricsData', { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'bench' }, metrics }] }] });
    }
  }
}

const encode = (message: 'TracesData' | 'LogsData' | 'MetricsData', object: object): Buffer =>
  Buffer.from(objectToProtobuf(object, message));
const some = (below: number): number => Math.floor(Math.random() * below);

function span(i: number): object {
  const start = nowNanos();
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: randomBytes(8).toString('hex'),
    name: 'GET /api/products/:id',
    kind: 2,
    startTimeUnixNano: String(start - BigInt(some(50_000_000))),
    endTimeUnixNano: String(start),
    attributes: attributes({
      'http.request.method': 'GET',
      'http.route': '/api/products/:id',
      'http.response.status_code': 200,
      'url.path': `/api/products/${some(1000)}`,
      'url.scheme': 'http',
      'server.address': 'storefront',
      'server.port': 8080,
      'client.address': `10.1.2.${some(250)}`,
      'user_agent.original': 'k6/2.1.0',
      'network.protocol.version': '1.1',
      'network.peer.port': 40_000 + some(20_000),
      'db.namespace': 'shop',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'products',
      'thread.id': 1,
      'code.function.name': 'getProduct',
      'app.cart.items': i % 7,
    }),
  };
}

function log(i: number): object {
  return {
    timeUnixNano: String(nowNanos()),
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: `order ${some(100_000)} was placed for ${i % 90} euros` },
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    attributes: attributes({ 'order.id': some(100_000), 'code.function.name': 'placeOrder', pid: 1 }),
  };
}

function point(i: number): object {
  const attributesOf = attributes({ pool: `pool-${i % 50}`, state: i % 2 === 0 ? 'idle' : 'used' });
  return {
    startTimeUnixNano: String(nowNanos()),
    timeUnixNano: String(nowNanos()),
    asInt: String(some(1000)),
    attributes: attributesOf,
  };
}

const nowNanos = (): bigint => BigInt(Date.now()) * 1_000_000n;

function attributes(object: Record<string, string | number>): object[] {
  return Object.entries(object).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}
