import { describe, expect, it } from 'vitest';
import { exportRows } from '../page/export.ts';
import { serviceRows } from '../query/services.ts';
import { Live } from '../receive/live.ts';
import { logs, newId, type SpanSpec, traces } from '../testing/requests.ts';
import { rowsByBlock } from '../trace/trace-rows.ts';
import { RecentSpans } from './recent-spans.ts';

const CAPS = { traces: 2 ** 24, metrics: 2 ** 22, logs: 2 ** 22 };
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };
const rowsOf = (live: Live, trace: string): number => rowsByBlock(live, trace).reduce((sum, { rows }) => sum + rows.length, 0);

describe('a span that comes twice', () => {
  const trace = newId(32);
  const spans = Array.from({ length: 300 }, (): SpanSpec => ({ trace, id: newId(16), startMs: Date.now() - 100 }));

  it('is held once and counted as a duplicate, in its trace and in the numbers too', () => {
    const live = new Live(CAPS);
    const batch = traces('shop', spans);
    expect(live.take('traces', batch, 'first')).toMatchObject({ held: 300, duplicate: 0 });
    expect(live.take('traces', batch, 'second')).toMatchObject({ held: 0, duplicate: 300, rejected: 0, message: '' });
    expect(live.ledger.total('traces')).toEqual({ received: 600, held: 300, evicted: 0, rejected: 0, duplicate: 300 });
    expect(live.ledger.keys('traces')).toMatchObject([
      { key: 'first', received: 300, held: 300, duplicate: 0 },
      { key: 'second', received: 300, held: 0, duplicate: 300 },
    ]);
    expect(rowsOf(live, trace)).toBe(300);
    expect(serviceRows(live.derived, live.now() / 1000, 60)[0]?.requests).toBe(300);
  });

  it('is found within one request, and among others that are new', () => {
    const live = new Live(CAPS);
    const [first, ...others] = spans as [SpanSpec, ...SpanSpec[]];
    const batch = traces('shop', [first, ...others.slice(0, 9), first, ...others.slice(5, 15), first]);
    expect(live.take('traces', batch, 'key')).toMatchObject({ held: 16, duplicate: 6 });
    expect(rowsOf(live, trace)).toBe(16);
    expect(live.ledger.total('traces')).toMatchObject({ received: 22, held: 16, duplicate: 6 });
  });

  it('leaves no trace of itself: what is held is as if it had come once', () => {
    const [twice, once] = [new Live(CAPS), new Live(CAPS)];
    for (let n = 0; n < 300; n += 50) {
      for (const live of [twice, once]) live.take('traces', traces('shop', spans.slice(n, n + 50)), 'key');
      twice.take('traces', traces('shop', spans.slice(Math.max(0, n - 20), n + 30)), 'key');
    }
    expect(exportRows(twice, 'traces', ALL, 1000)).toEqual(exportRows(once, 'traces', ALL, 1000));
  });

  it('is not one that shares the ids and differs in its time, kind or status: client and server may share a span', () => {
    const live = new Live(CAPS);
    const [span] = spans as [SpanSpec];
    const others = [
      { ...span, kind: 3 },
      { ...span, durationMs: 11 },
      { ...span, error: true },
      { ...span, trace: newId(32) },
    ];
    expect(live.take('traces', traces('shop', [span, ...others]), 'key')).toMatchObject({ held: 5, duplicate: 0 });
  });

  it('of a batch that was refused is new when it comes again', () => {
    const live = new Live(CAPS);
    const batch = traces('shop', spans);
    expect(() => live.take('traces', Buffer.concat([batch, Buffer.from([0x0a, 0x7f])]), 'key')).toThrow();
    expect(live.take('traces', batch, 'key')).toMatchObject({ held: 300, duplicate: 0 });
  });
});

it('log records have no identity: each is held', () => {
  const live = new Live(CAPS);
  const batch = logs('shop', [{ body: 'again', timeMs: 1_700_000_000_000 }]);
  for (let n = 0; n < 3; n++) live.take('logs', batch, 'key');
  expect(live.ledger.total('logs')).toEqual({ received: 3, held: 3, evicted: 0, rejected: 0, duplicate: 0 });
});

describe('what is remembered', () => {
  /** One span for each number. */
  const columns = (numbers: readonly number[]) => ({
    trace: Uint32Array.from(numbers.flatMap((n) => [n, 1, 2, 3])),
    span: Uint32Array.from(numbers.flatMap((n) => [n, 7])),
    parent: new Uint32Array(numbers.length * 2),
    start: new Uint32Array(numbers.length * 2),
    end: new Uint32Array(numbers.length * 2),
    name: new Uint32Array(numbers.length),
    meta: new Uint32Array(numbers.length),
    resource: new Uint32Array(numbers.length),
    scope: new Uint32Array(numbers.length),
    attributes: new Uint32Array(numbers.length),
    rest: new Uint32Array(numbers.length),
  });
  const isKnown = (recent: RecentSpans, n: number): boolean => recent.nextKnown(columns([n]), 0, 1) === 0;

  it('takes no more memory than it is given, however many come', () => {
    for (const bytes of [2 ** 17, 2 ** 20, 20 * 2 ** 20]) {
      const recent = new RecentSpans(bytes);
      expect(recent.bytes).toBeLessThanOrEqual(bytes);
      expect(recent.bytes).toBeGreaterThanOrEqual(bytes / 2);
    }
  });

  it('is the last of them: all of the window are known, those long before it are not', () => {
    const recent = new RecentSpans(2 ** 17);
    const count = recent.window * 3;
    for (let n = 1; n <= count; n++) expect(isKnown(recent, n)).toBe(false);
    for (let n = count - recent.window / 2; n <= count; n++) expect(isKnown(recent, n)).toBe(true);
    for (let n = 1; n < 100; n++) expect(isKnown(recent, n)).toBe(false);
  });

  it('takes no span for another, and is told the same of all at once as of one by one', () => {
    const recent = new RecentSpans(2 ** 17);
    let state = 1;
    const seen = new Set<number>();
    for (let n = 0; n < 5000; n++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const one = state % 700;
      expect(isKnown(recent, one)).toBe(seen.has(one));
      seen.add(one);
    }
    const together = new RecentSpans(2 ** 17);
    const all = columns([1, 2, 3, 2, 1, 4]);
    const found: number[] = [];
    for (let row = together.nextKnown(all, 0, 6); row < 6; row = together.nextKnown(all, row + 1, 6)) found.push(row);
    expect(found).toEqual([3, 4]);
  });
});
