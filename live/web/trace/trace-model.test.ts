import { describe, expect, it } from 'vitest';
import { waterfallOf } from './testing.ts';
import { buildTrace, FLAGS, has, rowOf, spanId, type Trace } from './trace-model.ts';

const shown = (trace: Trace) =>
  [...trace.order].map((row) => '  '.repeat(trace.depth[row] ?? 0) + spanId(trace, row).replace(/^0+/, ''));

describe('a trace', () => {
  it('is shown depth first, siblings by their start, whatever order the spans came in', () => {
    const trace = buildTrace(
      waterfallOf([
        ['c', 3, 30, 5],
        ['b', 3, 10, 5],
        ['b1', 1, 11, 1],
        ['a', -1, 0, 100],
        ['d', 3, 40, 5],
      ]),
    );
    expect(shown(trace)).toEqual(['a', '  b', '    b1', '  c', '  d']);
    expect(trace.descendants[3]).toBe(4);
    expect(trace.descendants[1]).toBe(1);
    expect(trace.durationMs).toBe(100);
  });

  it('shows orphans as roots and says so', () => {
    const trace = buildTrace(
      waterfallOf([
        ['a', -1, 0, 10],
        ['lost', -2, 5, 2],
        ['below', 1, 6, 1],
      ]),
    );
    expect(shown(trace)).toEqual(['a', 'lost', '  below']);
    expect(has(trace, 1, FLAGS.orphan)).toBe(true);
    expect(has(trace, 2, FLAGS.orphan)).toBe(false);
  });

  it('breaks cycles at their earliest span and shows every span once', () => {
    const trace = buildTrace(
      waterfallOf([
        ['a', 1, 5, 1],
        ['b', 2, 3, 1],
        ['c', 0, 4, 1],
        ['self', 3, 9, 1],
      ]),
    );
    expect([...trace.order].sort()).toEqual([0, 1, 2, 3]);
    expect(shown(trace)).toEqual(['self', 'b', '  a', '    c']);
    expect([0, 1, 2, 3].map((row) => has(trace, row, FLAGS.cycle))).toEqual([false, true, false, true]);
  });

  it('moves skewed spans, keeps what it added, and names the one whose clock differs', () => {
    const answer = waterfallOf([
      ['a', -1, 0, 100, 'client'],
      ['b', 0, -500, 20, 'server'],
      ['b1', 1, -495, 5, 'server'],
      ['c', 0, 50, 5, 'client'],
    ]);
    const trace = buildTrace({ ...answer, shiftsMs: [0, 540, 540, 0] });
    expect([...trace.start]).toEqual([0, 40, 45, 50]);
    expect([...trace.shift]).toEqual([0, 540, 540, 0]);
    expect([1, 2, 3].map((row) => has(trace, row, FLAGS.skewed))).toEqual([true, false, false]);
    expect(trace.durationMs).toBe(100);
  });

  it('begins at its earliest span, also where that is not the first', () => {
    const trace = buildTrace(
      waterfallOf([
        ['late', -1, 10, 5],
        ['early', -2, -20, 5],
      ]),
    );
    expect(trace.startMs).toBe(1_700_000_000_000 - 20);
    expect([...trace.start]).toEqual([30, 0]);
    expect(trace.durationMs).toBe(35);
  });

  it('finds rows by id', () => {
    const trace = buildTrace(
      waterfallOf([
        ['a', -1, 0, 1],
        ['b', 0, 0, 1],
      ]),
    );
    expect(rowOf(trace, '000000000000000b')).toBe(1);
    expect(rowOf(trace, 'b')).toBe(-1);
  });

  it('may be as deep as it is long', () => {
    const deep = buildTrace(waterfallOf(Array.from({ length: 100_000 }, (_, i) => [i.toString(16), i - 1, i, 1] as const)));
    expect(deep.depth[99_999]).toBe(99_999);
    expect(deep.descendants[0]).toBe(99_999);
  });

  it('may be empty', () => expect(buildTrace(waterfallOf([]))).toMatchObject({ count: 0, durationMs: 0, errors: 0 }));
});
