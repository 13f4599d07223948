import { expect, it } from 'vitest';
import { decodeFrame, type Table } from '../../server/stream/frame-layout.ts';
import { encodeFrame, section } from '../../server/stream/frames.ts';
import { emptyHistory, HISTORY_SECONDS, type History, mergeSlots, setSecond, slotOf } from './slots.ts';

function slots(rows: { second: number; service: string; requests: number }[]): Table<'slots'> {
  const encoded = section(1, 'slots', {
    second: rows.map(({ second }) => second),
    p50Ms: rows.map(() => 1),
    p99Ms: rows.map(() => 2),
    requests: rows.map(({ requests }) => requests),
    errors: rows.map(() => 0),
    service: rows.map(({ service }) => service),
  });
  const bytes = encodeFrame({ sequence: 1, timeMs: 0, skipped: 0, encodeMs: 0 }, [encoded]);
  return decodeFrame(bytes.slice().buffer).sections[0] as Table<'slots'>;
}

it('a later frame replaces the running second and keeps the ones before', () => {
  const histories = new Map<string, History>();
  mergeSlots(histories, slots([{ second: 1000, service: 'orders', requests: 7 }]));
  mergeSlots(
    histories,
    slots([
      { second: 1001, service: 'orders', requests: 1 },
      { second: 1001, service: 'payments', requests: 9 },
    ]),
  );
  mergeSlots(histories, slots([{ second: 1001, service: 'orders', requests: 4 }]));
  const orders = histories.get('orders') ?? emptyHistory();
  expect(orders.requests[slotOf(orders, 1000)]).toBe(7);
  expect(orders.requests[slotOf(orders, 1001)]).toBe(4);
  expect([...histories.keys()]).toEqual(['orders', 'payments']);
});

it('a second that left the ring is unknown, and cannot come back over a newer one', () => {
  const history = emptyHistory();
  setSecond(history, 1000, 7, 0, 1);
  setSecond(history, 1000 + HISTORY_SECONDS, 8, 0, 1);
  setSecond(history, 1000, 9, 0, 1);
  expect(slotOf(history, 1000)).toBe(-1);
  expect(history.requests[slotOf(history, 1000 + HISTORY_SECONDS)]).toBe(8);
});
