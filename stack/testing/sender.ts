import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 100;
const TRACES_A_TICK = 2;
const LINES_A_TICK = 2;
/** Spans of each trace: the caller's two, the callee's one. */
export const SPANS_A_TRACE = 3;
/** How long a request is sent again before the run is given up. */
const PATIENCE_MS = 120_000;

export interface Sent {
  service: string;
  /** Trace ids that were acknowledged. */
  traces: string[];
  lines: number;
  points: number;
  /** Requests that were refused or broken off, and sent again. */
  again: number;
  /** Requests that were never acknowledged. */
  lost: number;
}

/**
 * Sends a known number of traces, log lines and points to an OTLP/HTTP endpoint until it is stopped, each until it is acknowledged. Every trace
 * and every line has a resource of its own, so that each is one message in Kafka; the points are one series, whose values count.
 */
export class Sender {
  readonly sent: Sent;
  private readonly url: string;
  private readonly token: string;
  private readonly padding: string;
  private readonly pending = new Set<Promise<void>>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(url: string, token: string, service: string, padding = 0) {
    this.url = url;
    this.token = token;
    this.padding = 'x'.repeat(padding);
    this.sent = { service, traces: [], lines: 0, points: 0, again: 0, lost: 0 };
  }

  start(): this {
    this.running = this.run();
    return this;
  }

  /** Ends when the last request has been acknowledged, or given up. */
  async stop(): Promise<Sent> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.pending);
    return this.sent;
  }

  private async run(): Promise<void> {
    for (let tick = 0; !this.stopped; tick++) {
      this.later(this.traces());
      this.later(this.lines(tick));
      this.later(this.point(tick));
      await sleep(TICK_MS);
    }
  }

  private later(work: Promise<void>): void {
    this.pending.add(work);
    work.finally(() => this.pending.delete(work));
  }

  private async traces(): Promise<void> {
    const ids = Array.from({ length: TRACES_A_TICK }, () => randomBytes(16).toString('hex'));
    const resourceSpans = ids.flatMap((traceId) => {
      const [root, call, served] = Array.from({ length: SPANS_A_TRACE }, () => randomBytes(8).toString('hex'));
      const span = (name: string, kind: number, spanId: string | undefined, parentSpanId: string | undefined) => ({
        ...{ traceId, spanId, parentSpanId, name, kind },
        ...{ startTimeUnixNano: nanos(Date.now() - 20), endTimeUnixNano: nanos(Date.now()) },
        attributes: [attribute('padding', this.padding)],
      });
      return [
        { ...this.resource('a'), scopeSpans: [{ spans: [span('GET /', 2, root, undefined), span('GET b', 3, call, root)] }] },
        { ...this.resource('b'), scopeSpans: [{ spans: [span('GET /b', 2, served, call)] }] },
      ];
    });
    if (await this.post('traces', { resourceSpans })) this.sent.traces.push(...ids);
  }

  private async lines(tick: number): Promise<void> {
    const resourceLogs = Array.from({ length: LINES_A_TICK }, (_, index) => ({
      ...this.resource('a', `line-${tick}-${index}`),
      scopeLogs: [
        {
          logRecords: [
            { timeUnixNano: nanos(Date.now(), index), severityText: 'INFO', body: { stringValue: `line ${tick}-${index}` } },
          ],
        },
      ],
    }));
    if (await this.post('logs', { resourceLogs })) this.sent.lines += LINES_A_TICK;
  }

  private async point(tick: number): Promise<void> {
    const gauge = { dataPoints: [{ timeUnixNano: nanos(Date.now()), asInt: String(tick) }] };
    const resourceMetrics = [{ ...this.resource('a', 'points'), scopeMetrics: [{ metrics: [{ name: 'ledger_tick', gauge }] }] }];
    if (await this.post('metrics', { resourceMetrics })) this.sent.points += 1;
  }

  private resource(role: string, instance?: string) {
    const named = attribute('service.name', `${this.sent.service}-${role}`);
    return { resource: { attributes: instance ? [named, attribute('service.instance.id', instance)] : [named] } };
  }

  private async post(signal: string, body: object): Promise<boolean> {
    const request = {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
      const status = await fetch(`${this.url}/v1/${signal}`, { ...request, signal: AbortSignal.timeout(5000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status;
        },
        () => 0,
      );
      if (status === 200) return true;
      this.sent.again += 1;
      await sleep(1000);
    }
    this.sent.lost += 1;
    return false;
  }
}

/** Sends `rounds` times, 50 ms apart, so many requests of one span each at once; returns the statuses that they were answered with. */
export async function sendSpans(url: string, token: string, service: string, rounds: number, atOnce: number): Promise<number[]> {
  const one = async (): Promise<number> => {
    const [startTimeUnixNano, endTimeUnixNano] = [nanos(Date.now()), nanos(Date.now())];
    const [traceId, spanId] = [16, 8].map((bytes) => randomBytes(bytes).toString('hex'));
    // Of no kind that the service graph would draw: `verify` knows each of its edges.
    const span = { traceId, spanId, name: 'one of many', kind: 1, startTimeUnixNano, endTimeUnixNano };
    const resource = { attributes: [attribute('service.name', service)] };
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const statuses: number[] = [];
  for (let round = 0; round < rounds; round++) {
    statuses.push(...(await Promise.all(Array.from({ length: atOnce }, one))));
    await sleep(50);
  }
  return statuses;
}

const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
const nanos = (milliseconds: number, more = 0) => `${milliseconds}${String(more).padStart(6, '0')}`;
