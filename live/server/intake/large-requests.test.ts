import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batch } from '../../bench/batches.ts';
import { exportRows } from '../page/export.ts';
import { Ingest } from '../receive/ingest.ts';
import { type Key, Keys } from '../receive/keys.ts';
import { DEFAULT_LIMITS } from '../receive/limits.ts';
import { Live } from '../receive/live.ts';
import type { Signal } from '../store/ledger.ts';
import { newId, traces, tracesObject } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { sortedRows } from '../testing/sorted-rows.ts';
import { decodeLarge } from './large-requests.ts';

const MEBIBYTE = 2 ** 20;
const CAPS = { traces: 2 ** 28, metrics: 2 ** 26, logs: 2 ** 26 };
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };

function receiver(): { live: Live; ingest: Ingest; a: Key; b: Key } {
  const live = new Live(CAPS);
  const specs = ['a', 'b'].map((name) => ({ name, token: `token-of-${name}`, bytesPerSecond: Number.POSITIVE_INFINITY }));
  const keys = new Keys(specs, Date.now());
  return { live, ingest: new Ingest(live, keys, DEFAULT_LIMITS), a: keys.named('a') as Key, b: keys.named('b') as Key };
}

const rowsOf = (live: Live, signal: Signal, rows: number): string[] => sortedRows(exportRows(live, signal, ALL, rows));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Nothing but `item`, in so many bytes. */
function bomb(before: string, item: string, after: string, bytes = 8 * MEBIBYTE): Buffer {
  const items = Buffer.alloc(Math.floor(bytes / item.length) * item.length, item);
  return Buffer.concat([Buffer.from(before), items.subarray(0, items.length - 1), Buffer.from(after)]);
}

const SPAN = `{"traceId":"${'1'.repeat(32)}","spanId":"${'2'.repeat(16)}"`;
const IN_SPAN = (list: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${SPAN},"${list}":[`;
const BOMBS: Record<string, { body: () => Buffer; outcome: object }> = {
  'of nothing but {}, where nobody looks': { body: () => bomb('{"unknown":[', '{},', ']}'), outcome: { held: 0, rejected: 0 } },
  'of nothing but [': { body: () => Buffer.alloc(8 * MEBIBYTE, '['), outcome: { refusal: 'malformed' } },
  'nested as deep as may be': {
    body: () => bomb('{"unknown":[', `${'['.repeat(500)}${']'.repeat(500)},`, ']}'),
    outcome: { held: 0, rejected: 0 },
  },
  'of nothing but resources': { body: () => bomb('{"resourceSpans":[', '{},', ']}'), outcome: { held: 0, rejected: 0 } },
  'of nothing but empty spans': {
    body: () => bomb('{"resourceSpans":[{"scopeSpans":[{"spans":[', '{},', ']}]}]}', MEBIBYTE),
    outcome: { held: 0, rejected: Math.floor(MEBIBYTE / 3) },
  },
  'of more spans than a request may have': {
    body: () => bomb('{"resourceSpans":[{"scopeSpans":[{"spans":[', '1,', ']}]}]}'),
    outcome: { refusal: 'too_large' },
  },
  'of one span with nothing but empty attributes': {
    body: () => bomb(IN_SPAN('attributes'), '{},', ']}]}]}]}'),
    outcome: { held: 1, rejected: 0 },
  },
  'of one span with nothing but empty events': { body: () => bomb(IN_SPAN('events'), '{},', ']}]}]}]}'), outcome: { held: 1 } },
  'of one text that is nothing but escapes': {
    body: () => bomb(`{"resourceSpans":[{"scopeSpans":[{"spans":[${SPAN},"name":"`, '\\n', '"}]}]}]}'),
    outcome: { refusal: 'malformed' },
  },
};

describe('a large request', () => {
  it.each(Object.entries(BOMBS))(
    '%s: others are served while it is read, and the ledger is exact',
    async (_, { body, outcome }) => {
      const { live, ingest, a, b } = receiver();
      const order: string[] = [];
      const answer = (async () => ingest.take('traces', 'http', a, body(), 'json'))()
        .catch((error: unknown) => error)
        .finally(() => order.push('large'));
      expect(await ingest.take('traces', 'http', b, traces('shop', [{}]))).toMatchObject({ held: 1 });
      order.push('small');
      expect(await answer).toMatchObject(outcome);
      expect(order).toEqual(['small', 'large']);
      const { received, held, evicted, rejected, duplicate } = live.ledger.total('traces');
      expect(received).toBe(held + evicted + rejected + duplicate);
      expect(held).toBe([...live.traces.blocks()].reduce((sum, { committed }) => sum + committed, 0));
    },
  );

  it('is stored in slices, between which the event loop goes on', async () => {
    const { live, ingest, a } = receiver();
    const bodies = Array.from({ length: 30 }, () => batch('traces', 1000));
    const answer = Promise.resolve(ingest.take('traces', 'grpc', a, Buffer.concat(bodies)));
    let turns = 0;
    let done = false;
    void answer.finally(() => {
      done = true;
    });
    while (!done) {
      await turn();
      if (live.traces.bytes > 0) turns++;
    }
    expect(await answer).toEqual({ held: 30_000, rejected: 0, duplicate: 0, message: '' });
    expect(turns).toBeGreaterThan(1);
  });

  it.each(['traces', 'metrics', 'logs'] as const)('of %s is held as if it had come in one piece', async (signal: Signal) => {
    const { live, ingest, a } = receiver();
    const direct = new Live(CAPS);
    const items = 20_000;
    const bytes = Buffer.concat(Array.from({ length: items / 200 }, () => batch(signal, 200)));
    direct.take(signal, bytes, 'a');
    expect(bytes.length).toBeGreaterThan(MEBIBYTE);
    await ingest.take(signal, 'http', a, Uint8Array.from(bytes));
    const wanted = rowsOf(direct, signal, items);
    const found = rowsOf(live, signal, items);
    expect(found.length).toBe(wanted.length);
    // The first that differs: all of them would fill pages.
    const different = found.findIndex((row, n) => row !== wanted[n]);
    expect(found[different]).toBe(wanted[different]);

    expect(live.ledger.total(signal)).toEqual(direct.ledger.total(signal));
    const again = await ingest.take(signal, 'http', a, Uint8Array.from(bytes));
    expect(again).toMatchObject(signal === 'traces' ? { held: 0, duplicate: items } : { held: items, duplicate: 0 });
  });

  it('that is no request is refused, counted, and nothing of it is kept', async () => {
    const { live, ingest, a } = receiver();
    const broken = Buffer.concat([...Array.from({ length: 30 }, () => batch('traces', 200)), Buffer.from([0x0a, 0x7f])]);
    await expect(ingest.take('traces', 'http', a, broken)).rejects.toMatchObject({ refusal: 'malformed' });
    expect(live.ledger.total('traces').received).toBe(0);
    expect(live.ledger.allRequests()).toMatchObject([{ key: 'a', accepted: 0, refused: { malformed: 1 } }]);
  });

  it('waits for what is under way and one of each other key, not for all that one has sent', async () => {
    const { ingest, a, b } = receiver();
    const order: string[] = [];
    const send = async (name: string, key: Key): Promise<void> => {
      await ingest.take('traces', 'http', key, BOMBS['of nothing but resources']?.body() as Buffer, 'json');
      order.push(name);
    };
    await Promise.all([send('a1', a), send('a2', a), send('a3', a), send('b1', b)]);
    expect(order.indexOf('b1')).toBeLessThan(order.indexOf('a3'));
  });

  it('that takes too long ends alone: the next is taken', async () => {
    const request = { signal: 'traces', key: 'a', format: 'json' } as const;
    const late = decodeLarge({ ...request, bytes: BOMBS['of nothing but resources']?.body() as Buffer }, 1);
    const next = decodeLarge({ ...request, bytes: Buffer.from(JSON.stringify(tracesObject('shop', [{}]))) });
    await expect(late).rejects.toThrow('decoding it took more than 0.001 s');
    expect(await next).toMatchObject({ rejected: 0, blocks: [{ service: 'shop', rows: 1 }] });
  });
});

describe('over HTTP, with and without workers', () => {
  const running: Running[] = [];
  beforeAll(async () => {
    for (const workers of [0, 1]) running.push(await run({ workers, caps: { traces: 2 ** 27 } }));
  });
  afterAll(async () => {
    for (const live of running) await live.close();
  });

  it.each([0, 1])('a large request in JSON is taken but for what cannot be read, and that is told (%i)', async (which) => {
    const live = running[which] as Running;
    const trace = newId(32);
    const spans = Array.from({ length: 5000 }, (_, n) => ({
      traceId: trace,
      spanId: newId(16),
      name: `span ${n}`,
      attributes: [],
    }));
    const scopeSpans = [
      { spans: [...spans, { traceId: 'none' }, { ...spans[0], spanId: newId(16), name: 'x'.repeat(2 ** 19) }] },
    ];
    const response = await live.post('/v1/traces', JSON.stringify({ resourceSpans: [{ scopeSpans }] }));
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
    await expect
      .poll(async () => (await live.json<{ signals: object[] }>('/api/ledger')).signals[0])
      .toMatchObject({ received: 5002, held: 5001, rejected: 1, duplicate: 0 });
  });
});
