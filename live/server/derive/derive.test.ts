import { describe, expect, it } from 'vitest';
import { errorGroups, notable, operationRows, serviceRows, topology } from '../query/services.ts';
import { Live } from '../receive/live.ts';
import { logs, newId, type SpanSpec, traces } from '../testing/requests.ts';
import { templateOf } from './error-groups.ts';
import { USER, WAIT_SECONDS } from './graph.ts';

const CLIENT = 3;
const SERVER = 2;
const INTERNAL = 1;
const NOW_MS = 1_800_000_000_500;

interface Fixture {
  live: Live;
  clock: { ms: number };
  take(service: string, ...spans: SpanSpec[]): void;
}

function fixture(): Fixture {
  const clock = { ms: NOW_MS };
  const live = new Live({ traces: 2 ** 24, metrics: 2 ** 20, logs: 2 ** 22 }, () => clock.ms);
  return {
    live,
    clock,
    take: (service, ...spans) => {
      const timed = spans.map((span) => ({ startMs: clock.ms - 500, ...span }));
      live.take('traces', traces(service, timed), 'key');
    },
  };
}

const now = ({ clock }: Fixture): number => clock.ms / 1000;
const edges = (one: Fixture): string[] =>
  topology(one.live.derived, now(one), 60)
    .edges.map(({ client, server, calls }) => `${client} -> ${server}: ${calls}`)
    .sort();

describe('rates, errors, durations', () => {
  it('count server spans and roots as requests of a service, every span as one of its operation', () => {
    const one = fixture();
    const trace = newId(32);
    for (let n = 0; n < 10; n++) {
      one.take('orders', { trace, kind: SERVER, name: 'POST /orders', parent: newId(16), durationMs: 20, error: n === 0 });
      one.take('orders', { trace, kind: INTERNAL, name: 'price', parent: newId(16), durationMs: 1 });
    }
    const [service] = serviceRows(one.live.derived, now(one), 60);
    expect(service).toMatchObject({ service: 'orders', requests: 10, errors: 1, errorRate: 0.1 });
    // Data began to come half a second ago; a window that has passed since counts whole.
    expect(service?.rate).toBe(10);
    one.clock.ms += 30_000;
    expect(serviceRows(one.live.derived, now(one), 60)[0]?.rate).toBeCloseTo(10 / 30.5, 6);
    one.clock.ms += 29_000;
    expect(serviceRows(one.live.derived, now(one), 60)[0]?.rate).toBeCloseTo(10 / 59.5, 6);
    one.clock.ms = NOW_MS;
    expect(service?.p50Ms).toBeGreaterThan(19.8);
    expect(service?.p50Ms).toBeLessThan(20.2);
    const operations = operationRows(one.live.derived, now(one), 60, 'orders');
    expect(operations.map(({ operation, kind, requests }) => [operation, kind, requests])).toEqual([
      ['POST /orders', 'server', 10],
      ['price', 'internal', 10],
    ]);
  });

  it('leave out what ended long ago, and count as now what a fast clock puts ahead', () => {
    const one = fixture();
    one.take('old', { startMs: NOW_MS - 600_000 });
    one.take('ahead', { startMs: NOW_MS + 600_000 });
    const rows = serviceRows(one.live.derived, now(one), 60);
    expect(rows.find(({ service }) => service === 'old')?.requests).toBe(0);
    expect(rows.find(({ service }) => service === 'ahead')?.requests).toBe(1);
    expect(one.live.derived.tooOld).toBe(1);
  });

  it('forget a service that fell silent', () => {
    const one = fixture();
    one.take('gone', {});
    one.clock.ms += 200_000;
    one.live.derived.sweep();
    expect(one.live.derived.services.size).toBe(0);
    expect(one.live.derived.operations.size).toBe(0);
    one.take('gone', {});
    expect(serviceRows(one.live.derived, now(one), 60)[0]?.requests).toBe(1);
  });
});

describe('the service graph', () => {
  it('finds the edge whichever side comes first', () => {
    const one = fixture();
    const [a, b] = [newId(16), newId(16)];
    one.take('storefront', { id: a, kind: CLIENT, parent: newId(16) });
    one.take('orders', { parent: a, kind: SERVER });
    one.take('orders', { parent: b, kind: SERVER });
    one.take('storefront', { id: b, kind: CLIENT, parent: newId(16) });
    expect(edges(one)).toEqual(['storefront -> orders: 2']);
  });

  it('shows databases and brokers by their client spans', () => {
    const one = fixture();
    one.take('orders', { kind: CLIENT, parent: newId(16), attributes: { 'db.system.name': 'postgresql' } });
    one.take('orders', { kind: CLIENT, parent: newId(16), attributes: { 'db.system': 'redis' } });
    one.take('orders', { kind: 4, parent: newId(16), attributes: { 'messaging.system': 'kafka' } });
    expect(edges(one)).toEqual(['orders -> kafka: 1', 'orders -> postgresql: 1', 'orders -> redis: 1']);
    const types = new Map(topology(one.live.derived, now(one), 60).nodes.map(({ node, type }) => [node, type]));
    expect(types.get('postgresql')).toBe('database');
    expect(types.get('kafka')).toBe('messaging');
  });

  it('takes a caller for a user that sends no spans: at once without a parent, else after a while', () => {
    const one = fixture();
    one.take('storefront', { kind: SERVER });
    expect(edges(one)).toEqual([`${USER} -> storefront: 1`]);
    one.take('storefront', { kind: SERVER, parent: newId(16) });
    expect(edges(one)).toEqual([`${USER} -> storefront: 1`]);
    one.clock.ms += (WAIT_SECONDS + 1) * 1000;
    one.live.derived.sweep();
    expect(edges(one)).toEqual([`${USER} -> storefront: 2`]);
  });

  it('counts a call as failed when either side says so', () => {
    const one = fixture();
    const id = newId(16);
    one.take('storefront', { id, kind: CLIENT, parent: newId(16), error: true });
    one.take('orders', { parent: id, kind: SERVER });
    expect(topology(one.live.derived, now(one), 60).edges[0]?.errorRate).toBe(1);
  });
});

describe('notable traces', () => {
  it('are the slowest and the latest that failed, each once', () => {
    const one = fixture();
    const failed = newId(32);
    for (let n = 0; n < 100; n++) one.take('orders', { durationMs: n, name: `n${n}` });
    one.take('payments', { trace: failed, durationMs: 5, error: true });
    one.take('orders', { trace: failed, durationMs: 50, error: true, name: 'the whole' });
    const { slowest, failed: failures } = notable(one.live.derived, now(one), '');
    expect(slowest).toHaveLength(20);
    expect(slowest[0]?.operation).toBe('n99');
    expect(failures).toMatchObject([{ traceId: failed, operation: 'the whole', errors: 2 }]);
    expect(notable(one.live.derived, now(one), 'payments').failed).toMatchObject([{ service: 'payments', errors: 1 }]);
  });

  it('are gone after five minutes', () => {
    const one = fixture();
    one.take('orders', { durationMs: 900, error: true });
    one.clock.ms += 320_000;
    expect(notable(one.live.derived, now(one), '')).toEqual({ slowest: [], failed: [] });
  });
});

describe('error groups', () => {
  it('join lines that differ in numbers and ids alone, and keep the latest line with a trace', () => {
    const one = fixture();
    const trace = newId(32);
    const line = (n: number): string => `order ${n} of 0f8fad5b-d9cb-469f-a165-70867728950e failed after ${n}.5 ms`;
    const send = (body: string, severity: number, more = {}): void => {
      one.live.take('logs', logs('orders', [{ body, severity, ...more }]), 'key');
    };
    send(line(1), 17);
    send(line(2), 17, { trace, span: newId(16) });
    send(line(3), 21);
    send('all is well', 9);
    send('no stock', 17, { attributes: { 'exception.type': 'StockError' } });
    const groups = errorGroups(one.live.derived, '', 10);
    expect(groups.map(({ count, template, type }) => [count, template, type])).toEqual([
      [1, 'no stock', 'StockError'],
      [3, 'order <n> of <uuid> failed after <n> ms', ''],
    ]);
    expect(groups[1]?.sample).toMatchObject({ body: line(2), traceId: trace });
    expect(errorGroups(one.live.derived, 'storefront', 10)).toEqual([]);
  });

  it('take out hexadecimal ids but no words', () => {
    expect(templateOf('trace 4bf92f3577b34da6a3ce929d0e0e4736 at deadline 10:20:30')).toBe('trace <hex> at deadline <n>');
  });
});
