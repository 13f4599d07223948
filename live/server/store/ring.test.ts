import { describe, expect, it } from 'vitest';
import { MAX_ITEMS } from '../otlp/decoder.ts';
import { Live } from '../receive/live.ts';
import { oracleEncode } from '../testing/otlp-proto.ts';
import { RandomOtlp } from '../testing/random.ts';
import { newId, traces } from '../testing/requests.ts';
import { OTHER_SERVICES } from './ring.ts';

const MEBIBYTE = 2 ** 20;
const live = (traceBytes: number): Live => new Live({ traces: traceBytes, metrics: MEBIBYTE, logs: MEBIBYTE });

function rowsHeld({ traces }: Live): number {
  let rows = 0;
  for (const block of traces.blocks()) rows += block.committed;
  return rows;
}

/** What the rings' arrays really come to. */
function bytesHeld({ traces }: Live): number {
  let bytes = 0;
  for (const block of traces.blocks()) bytes += block.bytes;
  return bytes;
}

describe('the ring', () => {
  it('keeps received = held + evicted + rejected + duplicate for each key, and within its cap, over random batches', () => {
    const store = live(MEBIBYTE);
    const random = new RandomOtlp(7);
    let received = 0;
    for (let n = 0; n < 600; n++) {
      const key = `key-${n % 3}`;
      const bytes = oracleEncode('TracesData', random.traces());
      if (random.chance(0.2)) {
        const cut = bytes.subarray(0, random.int(bytes.length + 1));
        try {
          const { held, rejected, duplicate } = store.take('traces', cut, key);
          received += held + rejected + duplicate;
        } catch {
          // Refused whole: nothing of it may count.
        }
      } else {
        const { held, rejected, duplicate } = store.take('traces', bytes, key);
        received += held + rejected + duplicate;
      }
      const total = store.ledger.total('traces');
      expect(total.received).toBe(received);
      expect(total.held + total.evicted + total.rejected + total.duplicate).toBe(total.received);
      expect(rowsHeld(store)).toBe(total.held);
      expect(store.traces.bytes).toBe(bytesHeld(store));
      expect(store.traces.bytes).toBeLessThanOrEqual(MEBIBYTE);
      for (const row of store.ledger.keys('traces'))
        expect(row.held + row.evicted + row.rejected + row.duplicate).toBe(row.received);
    }
    expect(store.ledger.total('traces').evicted).toBeGreaterThan(100);
    expect(store.ledger.keys('traces').map(({ key }) => key)).toEqual(['key-0', 'key-1', 'key-2']);
  });

  it('keeps the last 100 traces of a quiet service beside one a hundred times as loud', () => {
    const store = live(2 * MEBIBYTE);
    const quiet: string[] = [];
    for (let n = 0; n < 300; n++) {
      const trace = newId(32);
      quiet.push(trace);
      store.take('traces', traces('quiet', [{ trace }]), 'key');
      store.take(
        'traces',
        traces(
          'loud',
          Array.from({ length: 100 }, () => ({ attributes: { path: `/p/${Math.random()}` } })),
        ),
        'key',
      );
    }
    const held = [...store.traces.blocks('quiet')].reduce((sum, block) => sum + block.committed, 0);
    expect(store.ledger.total('traces').evicted).toBeGreaterThan(10_000);
    expect(held).toBeGreaterThanOrEqual(100);
  });

  it('takes at most half of a service at once, also of one that had a large block to itself when there were few others', () => {
    const store = live(2 * MEBIBYTE);
    const rowsOf = (name: string): number => [...store.traces.blocks(name)].reduce((sum, { committed }) => sum + committed, 0);
    const send = (service: string, spans: number): void => {
      const some = Array.from({ length: spans }, (_, n) => ({ attributes: { path: `/p/${n}` } }));
      store.take('traces', traces(service, some), 'key');
      const { received, held, evicted } = store.ledger.total('traces');
      expect(received).toBe(held + evicted);
      expect(store.traces.bytes).toBe(bytesHeld(store));
    };
    for (let n = 0; n < 60; n++) send('early', 100);
    expect(rowsOf('early')).toBeGreaterThan(2000);
    const late = Array.from({ length: 20 }, (_, n) => `late-${n}`);
    for (let round = 0; round < 100; round++) {
      for (const service of late) {
        send(service, 10);
        // A twenty-first of two megabytes, which is what each may hold in the end, is some hundred rows.
        expect(rowsOf('early')).toBeGreaterThanOrEqual(100);
      }
    }
    for (const service of late) expect(rowsOf(service)).toBeGreaterThanOrEqual(100);
  });

  it('takes everything back of a batch that turns out malformed, memory too', () => {
    const store = live(8 * MEBIBYTE);
    store.take('traces', traces('shop', [{}]), 'key');
    const { bytes } = store.traces;
    const spans = Array.from({ length: 500 }, (_, n) => ({ attributes: { note: `${n}`.repeat(200) } }));
    const good = traces('shop', spans);
    const bad = Buffer.concat([good, Buffer.from([0x0a, 0x05, 0xff])]);
    for (let n = 0; n < 20; n++) expect(() => store.take('traces', bad, 'key')).toThrow(/reaches past the end/);
    expect(rowsHeld(store)).toBe(1);
    expect(store.ledger.total('traces')).toEqual({ received: 1, held: 1, evicted: 0, rejected: 0, duplicate: 0 });
    expect(store.traces.bytes).toBe(bytes);
    expect(bytesHeld(store)).toBe(bytes);
    const stranger = Buffer.concat([traces('stranger', spans), Buffer.from([0x0a, 0x05, 0xff])]);
    expect(() => store.take('traces', stranger, 'key')).toThrow();
    expect(bytesHeld(store)).toBe(bytes);
    expect(store.take('traces', good, 'key')).toMatchObject({ held: 500, rejected: 0 });
  });

  it('cannot be grown by names: service names, attribute keys and values without end stay within the cap', () => {
    const store = live(2 * MEBIBYTE);
    for (let n = 0; n < 1500; n++) {
      const name = `service-${n}-${'x'.repeat(50)}`;
      store.take('traces', traces(name, [{ name: `span ${n}`, attributes: { [`key ${n}`]: `value ${n}` } }]), 'key');
      expect(store.traces.bytes).toBeLessThanOrEqual(2 * MEBIBYTE);
    }
    expect(store.derived.services.size).toBeLessThanOrEqual(501);
    expect(store.derived.operations.size).toBeLessThanOrEqual(1001);
    expect(store.derived.services.get(OTHER_SERVICES)?.spans.total).toBeGreaterThan(0);
  });

  it('leaves spans with invalid ids out and counts them, and takes the rest', () => {
    const store = live(MEBIBYTE);
    const zero = '0'.repeat(32);
    const batch = traces('shop', [{}, { trace: zero }, { id: '0'.repeat(16) }, { trace: 'abcd' }, { parent: 'ab' }, {}]);
    expect(store.take('traces', batch, 'key')).toMatchObject({ held: 2, rejected: 4 });
    expect(store.ledger.keys('traces')).toEqual([
      { key: 'key', received: 6, held: 2, evicted: 0, rejected: 4, duplicate: 0, reasons: { invalid_id: 4 } },
    ]);
  });

  it('refuses a request with more items than one may have, and keeps none of them', () => {
    const store = live(MEBIBYTE);
    const empty = Buffer.alloc((MAX_ITEMS + 1) * 2);
    for (let i = 0; i < empty.length; i += 2) empty[i] = 0x12;
    const wrap = (bytes: Buffer, tag: number): Buffer => {
      const length: number[] = [];
      let rest = bytes.length;
      for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
      return Buffer.concat([Buffer.from([tag, ...length, rest]), bytes]);
    };
    const request = wrap(wrap(empty, 0x12), 0x0a);
    expect(() => store.take('logs', request, 'key')).toThrow(/more than 500000 items/);
    expect(store.ledger.total('logs').received).toBe(0);
    expect(store.logs.bytes).toBeLessThanOrEqual(MEBIBYTE);
  });
});
