import { describe, expect, it } from 'vitest';
import { waterfallOf } from './testing.ts';
import { buildTrace } from './trace-model.ts';
import { findSpans, nextMatch, readFind, reveal, visibleRows } from './trace-rows.ts';

const TRACE = buildTrace(
  waterfallOf([
    ['a0', -1, 0, 100, 'storefront', 'POST /checkout'],
    ['b0', 0, 10, 60, 'orders', 'POST /orders', 2],
    ['b1', 1, 12, 20, 'orders', 'INSERT orders'],
    ['c0', 0, 80, 10, 'payments', 'POST /payments'],
    ['feed', -2, 90, 1, 'orders', 'reconcile'],
  ]),
);

describe('collapsing', () => {
  it('hides what is below, and only that', () => {
    expect([...visibleRows(TRACE, new Set())]).toEqual([0, 1, 2, 3, 4]);
    expect([...visibleRows(TRACE, new Set([1]))]).toEqual([0, 1, 3, 4]);
    expect([...visibleRows(TRACE, new Set([0, 1]))]).toEqual([0, 4]);
  });

  it('is undone for a row that is to be seen', () => {
    expect([...reveal(TRACE, new Set([0, 1, 3]), 2)]).toEqual([3]);
    const unchanged = new Set([3]);
    expect(reveal(TRACE, unchanged, 2)).toBe(unchanged);
  });
});

describe('find in trace', () => {
  it.each([
    ['', []],
    ['orders', [1, 2, 4]],
    ['ORDERS insert', [2]],
    ['is:error', [1]],
    ['is:orphan', [4]],
    ['>50', [0, 1]],
    ['feed', []],
    ['000000000000feed', [4]],
    ['nowhere', []],
  ])('%j finds rows %j', (query, rows) => expect([...findSpans(TRACE, readFind(query).words)]).toEqual(rows));

  it('takes key=value terms apart, and finds only what they match', () => {
    expect(readFind('Orders user.name="Ann B" is:error')).toEqual({
      words: ['orders', 'is:error'],
      attributes: ['user.name=Ann B'],
    });
    expect([...findSpans(TRACE, ['orders'], new Set([2, 3]))]).toEqual([2]);
    expect([...findSpans(TRACE, [], new Set([3]))]).toEqual([3]);
    expect([...findSpans(TRACE, [], new Set())]).toEqual([]);
  });

  it('goes on around the end, both ways', () => {
    const matches = findSpans(TRACE, ['orders']);
    expect(nextMatch(TRACE, matches, -1, false)).toBe(1);
    expect(nextMatch(TRACE, matches, 2, false)).toBe(4);
    expect(nextMatch(TRACE, matches, 4, false)).toBe(1);
    expect(nextMatch(TRACE, matches, 1, true)).toBe(4);
    expect(nextMatch(TRACE, new Int32Array(0), 1, false)).toBe(-1);
  });
});
