import { describe, expect, it } from 'vitest';
import { batch } from '../../bench/batches.ts';
import { exportRows } from '../page/export.ts';
import { SIGNALS } from '../store/ledger.ts';
import { oracleEncode } from '../testing/otlp-proto.ts';
import { RandomOtlp } from '../testing/random.ts';
import { traces } from '../testing/requests.ts';
import { sortedRows } from '../testing/sorted-rows.ts';
import { Live } from './live.ts';
import { type Parcel, Parcels } from './parcel.ts';

const MESSAGES = { traces: 'TracesData', metrics: 'MetricsData', logs: 'LogsData' } as const;
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };
const CAPS = { traces: 2 ** 24, metrics: 2 ** 24, logs: 2 ** 24 };

/** Decodes each request apart, as workers do, and stores what they send. */
function throughParcels(live: Live): {
  send(signal: (typeof SIGNALS)[number], bytes: Uint8Array, key: string): Promise<unknown>;
} {
  const parcels = new Parcels((parcel, sent) => {
    live.receive(structuredClone(parcel) as Parcel);
    sent();
  });
  return { send: async (signal, bytes, key) => parcels.take(signal, bytes, key) };
}

describe('rows that another process has decoded', () => {
  it('are held as if they had come here, over random requests of all signals and three keys', async () => {
    const direct = new Live(CAPS);
    const indirect = new Live(CAPS);
    const worker = throughParcels(indirect);
    const random = new RandomOtlp(11);
    const underWay: Promise<unknown>[] = [];
    for (let n = 0; n < 300; n++) {
      const signal = SIGNALS[n % 3] as (typeof SIGNALS)[number];
      const key = `key-${n % 5}`;
      // Of the larger ones each stays a block, of the smaller ones the rows are copied.
      const bytes = n % 10 === 0 ? batch(signal, 200) : oracleEncode(MESSAGES[signal], random[signal]());
      const taken = direct.take(signal, bytes, key);
      const sent = worker.send(signal, bytes, key);
      underWay.push(sent.then((told) => expect(told).toEqual(taken)));
      // Several requests to a parcel, and several parcels.
      if (n % 7 === 0) await sent;
    }
    await Promise.all(underWay);
    for (const signal of SIGNALS) {
      const rows = JSON.stringify(exportRows(direct, signal, ALL, 100_000));
      expect(rows.length).toBeGreaterThan(10_000);
      const expected = sortedRows(exportRows(direct, signal, ALL, 100_000));
      const actual = sortedRows(exportRows(indirect, signal, ALL, 100_000));
      expect(actual.length).toBe(expected.length);
      // The first that differs: all of them would fill pages.
      const different = actual.findIndex((row, n) => row !== expected[n]);
      expect(actual[different]).toBe(expected[different]);
      expect(byKey(indirect, signal)).toEqual(byKey(direct, signal));
    }
    expect(indirect.derived.services.size).toBe(direct.derived.services.size);
    expect(indirect.takenBytes.total).toBe(direct.takenBytes.total);
  });

  it('keep the ledger exact while they are evicted', async () => {
    const live = new Live({ ...CAPS, traces: 2 ** 19 });
    const worker = throughParcels(live);
    const random = new RandomOtlp(3);
    let received = 0;
    for (let n = 0; n < 400; n++) {
      const bytes = oracleEncode('TracesData', random.traces());
      const { held, rejected } = (await worker.send('traces', bytes, `key-${n % 2}`)) as { held: number; rejected: number };
      received += held + rejected;
    }
    const total = live.ledger.total('traces');
    expect(total.received).toBe(received);
    expect(total.evicted).toBeGreaterThan(100);
    expect(total.held + total.evicted + total.rejected + total.duplicate).toBe(received);
    expect([...live.traces.blocks()].reduce((sum, { committed }) => sum + committed, 0)).toBe(total.held);
  });

  it('are refused with a hint to come back while too much waits to be sent on', async () => {
    const told: (() => void)[] = [];
    const parcels = new Parcels((_, sent) => told.push(sent));
    const large = traces('shop', [{ attributes: { text: 'x'.repeat(24 * 2 ** 20) } }]);
    const waiting = [1, 2, 3].map(() => parcels.take('traces', large, 'key'));
    expect(() => parcels.take('traces', traces('shop', [{}]), 'key')).toThrow(
      expect.objectContaining({ refusal: 'overloaded', retryMs: 1000 }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    for (const sent of told) sent();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ held: 1, rejected: 0, duplicate: 0, message: '' })));
    expect(parcels.take('traces', traces('shop', [{}]), 'key')).toBeInstanceOf(Promise);
  });
});

const byKey = ({ ledger }: Live, signal: (typeof SIGNALS)[number]): object[] =>
  ledger.keys(signal).sort((a, b) => (a.key < b.key ? -1 : 1));
