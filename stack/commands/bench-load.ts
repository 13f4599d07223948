/** OTLP at a given rate for bench-sizing.ts: requests are made once, and get new ids and times for each sending, so that the sender costs little. */
import { randomBytes, randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { objectToProtobuf } from '../../live/server/otlp/json-to-protobuf.ts';
import type { Signal } from '../../live/server/store/ledger.ts';

/** Spans of each trace: the caller's two, the callee's one. */
export const SPANS_A_TRACE = 3;
/** Requests that may be on their way at once: what is due beyond them waits, and after a second is left out. */
const MOST_UNDER_WAY = 32;
/** Distinct series, of metrics. */
const SERIES = 10_000;
const TICK_MS = 20;
const REQUEST_MS = 10_000;
const LINE =
  'GET /api/products/17 answered 200 after 4 ms to a visitor of the shop whose basket has 3 things and whose order is not placed yet';

/** What became of the items of a run. */
export interface Load {
  /** Items that were sent, of those that the rate asks for. */
  offered: number;
  /** Items whose request was answered with 200. */
  accepted: number;
  /** Items whose request was refused, broke off or was not answered in time, by what was said. */
  refused: Record<string, number>;
  /** Bytes of all requests, as sent. */
  bytes: number;
  seconds: number;
  /** Of one core, what the sender took. */
  senderShare: number;
}

/** A request whose marks (ids, times) are found once and written anew for each sending. */
class Template {
  readonly items: number;
  private readonly bytes: Buffer;
  private readonly ids: { at: number[]; length: number }[];
  private readonly times: number[];

  constructor(items: number, message: 'TracesData' | 'MetricsData' | 'LogsData', object: object, ids: string[], nanos: bigint) {
    this.items = items;
    this.bytes = Buffer.from(objectToProtobuf(object, message));
    this.ids = ids.map((id) => ({ at: this.find(Buffer.from(id, 'hex')), length: id.length / 2 }));
    const time = Buffer.alloc(8);
    time.writeBigUInt64LE(nanos);
    this.times = this.find(time);
  }

  /** A copy with new ids, of now. */
  fresh(): Buffer {
    const bytes = Buffer.from(this.bytes);
    const random = randomFillSync(Buffer.allocUnsafe(16 * this.ids.length));
    for (const [i, { at, length }] of this.ids.entries())
      for (const place of at) random.copy(bytes, place, i * 16, i * 16 + length);
    const now = BigInt(Date.now()) * 1_000_000n;
    for (const place of this.times) bytes.writeBigUInt64LE(now, place);
    return bytes;
  }

  private find(mark: Buffer): number[] {
    const found: number[] = [];
    for (let at = this.bytes.indexOf(mark); at >= 0; at = this.bytes.indexOf(mark, at + mark.length)) found.push(at);
    if (found.length === 0) throw new Error('a request lacks a mark that was put into it');
    return found;
  }
}

const attributes = (object: Record<string, string>): object[] =>
  Object.entries(object).map(([key, value]) => ({ key, value: { stringValue: value } }));
const resource = (service: string) => ({ resource: { attributes: attributes({ 'service.name': service }) } });

function traces(count: number): Template {
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const ids: string[] = [];
  const id = (bytes: number) => {
    const made = randomBytes(bytes).toString('hex');
    ids.push(made);
    return made;
  };
  const callers: object[] = [];
  const callees: object[] = [];
  for (let n = 0; n < count; n++) {
    const traceId = id(16);
    const [root, call, served] = [id(8), id(8), id(8)];
    const span = (name: string, kind: number, spanId: string, parentSpanId?: string) => ({
      ...{ traceId, spanId, parentSpanId, name, kind, startTimeUnixNano: String(nanos), endTimeUnixNano: String(nanos) },
      attributes: attributes({
        'http.request.method': 'GET',
        'http.route': name,
        'url.path': `/api/products/${n}`,
        'server.address': 'storefront',
        'user_agent.original': 'k6/2.1.0',
        'network.protocol.version': '1.1',
        'client.address': `10.1.2.${n % 250}`,
        'app.customer.kind': n % 2 ? 'new' : 'known',
      }),
    });
    callers.push(span('GET /api/products/:id', 2, root), span('GET', 3, call, root));
    callees.push(span('GET /products/:id', 2, served, call));
  }
  const resourceSpans = [
    { ...resource('sizing-a'), scopeSpans: [{ spans: callers }] },
    { ...resource('sizing-b'), scopeSpans: [{ spans: callees }] },
  ];
  return new Template(count * SPANS_A_TRACE, 'TracesData', { resourceSpans }, ids, nanos);
}

function logs(count: number): Template {
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const logRecords = Array.from({ length: count }, (_, n) => ({
    ...{ timeUnixNano: String(nanos), severityNumber: 9, severityText: 'INFO', body: { stringValue: LINE } },
    attributes: attributes({ 'order.id': String(n), 'code.function.name': 'answer' }),
  }));
  return new Template(count, 'LogsData', { resourceLogs: [{ ...resource('sizing-a'), scopeLogs: [{ logRecords }] }] }, [], nanos);
}

/** Points of series `from` and those after it. */
function points(count: number, from: number): Template {
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const dataPoints = Array.from({ length: count }, (_, n) => ({
    ...{ timeUnixNano: String(nanos), asInt: String(n) },
    attributes: attributes({ series: String(from + n) }),
  }));
  const metrics = [{ name: 'sizing_gauge', gauge: { dataPoints } }];
  return new Template(
    count,
    'MetricsData',
    { resourceMetrics: [{ ...resource('sizing-a'), scopeMetrics: [{ metrics }] }] },
    [],
    nanos,
  );
}

/** Requests of one signal, to be sent in turn: some 500 items each, of metrics as many as make all series. */
function templates(signal: Signal): Template[] {
  if (signal === 'traces') return Array.from({ length: 8 }, () => traces(150));
  if (signal === 'logs') return [logs(500)];
  return Array.from({ length: Math.ceil(SERIES / 500) }, (_, n) => points(500, n * 500));
}

/** Sends `rate` items a second for so many seconds to an OTLP/HTTP endpoint. What cannot be sent in time is not sent later: `offered` is less then. */
export async function send(url: string, token: string, signal: Signal, rate: number, seconds: number): Promise<Load> {
  const requests = templates(signal);
  const load: Load = { offered: 0, accepted: 0, refused: {}, bytes: 0, seconds, senderShare: 0 };
  const underWay = new Set<Promise<void>>();
  const one = async (template: Template): Promise<void> => {
    const body = template.fresh();
    load.offered += template.items;
    load.bytes += body.length;
    const said = await fetch(`${url}/v1/${signal}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf' },
      body,
      signal: AbortSignal.timeout(REQUEST_MS),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return String(response.status);
      },
      (error: Error) => error.name,
    );
    if (said === '200') load.accepted += template.items;
    else load.refused[said] = (load.refused[said] ?? 0) + template.items;
  };
  const cpu = process.cpuUsage();
  const began = performance.now();
  let due = 0;
  let turn = 0;
  for (let now = began; now < began + seconds * 1000; now = performance.now()) {
    const wanted = ((now - began) / 1000) * rate;
    // What was due while too many were under way is left out, but for the last second's.
    due = Math.max(due, wanted - rate);
    while (underWay.size < MOST_UNDER_WAY) {
      const next = requests[turn % requests.length] as Template;
      if (due + next.items > wanted) break;
      due += next.items;
      turn++;
      const sending = one(next);
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(underWay);
  const { user, system } = process.cpuUsage(cpu);
  load.seconds = (performance.now() - began) / 1000;
  load.senderShare = (user + system) / 1e6 / load.seconds;
  return load;
}
