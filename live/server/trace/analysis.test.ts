import { describe, expect, it } from 'vitest';
import { ANY_SPAN } from '../query/match.ts';
import { Live } from '../receive/live.ts';
import { atOnce } from '../store/slices.ts';
import { newId, type SpanSpec, traces } from '../testing/requests.ts';
import { type Analysis, analysisSteps, MOST_LISTED, MOST_STRETCHES } from './analysis.ts';
import { treeSteps } from './build-tree.ts';
import { searchTraces } from './search.ts';
import { rowsByBlock } from './trace-rows.ts';
import type { TraceTree } from './tree.ts';
import { waterfallSteps } from './waterfall.ts';

const START = 1_800_000_000_000;
const CLIENT = 3;
const SERVER = 2;

const buildTree = (live: Live, trace: string): TraceTree => atOnce(treeSteps(rowsByBlock(live, trace)));
const analyse = (trace: string, tree: TraceTree): Analysis => atOnce(analysisSteps(trace, tree));
const waterfall = (trace: string, tree: TraceTree, attributes: string[] = []): unknown =>
  JSON.parse(atOnce(waterfallSteps(trace, tree, attributes)).toString());

function treeOf(spans: Record<string, SpanSpec[]>): { live: Live; tree: TraceTree; trace: string } {
  const live = new Live({ traces: 2 ** 28, metrics: 2 ** 20, logs: 2 ** 20 });
  const trace = newId(32);
  for (const [service, list] of Object.entries(spans)) {
    const timed = list.map((span) => ({ trace, ...span, startMs: START + (span.startMs ?? 0) }));
    live.take('traces', traces(service, timed), 'key');
  }
  return { live, trace, tree: buildTree(live, trace) };
}

const [A, B, C, D] = [newId(16), newId(16), newId(16), newId(16)];

describe('the analysis of a trace', () => {
  it('finds the critical path, self times and the bottleneck', () => {
    // a 0..100; b 10..40 and c 30..90 beside each other; d 50..80 within c
    const { tree, trace } = treeOf({
      shop: [{ id: A, name: 'a', startMs: 0, durationMs: 100, kind: SERVER }],
      stock: [{ id: B, parent: A, name: 'b', startMs: 10, durationMs: 30, kind: 1 }],
      pay: [
        { id: C, parent: A, name: 'c', startMs: 30, durationMs: 60, kind: 1 },
        { id: D, parent: C, name: 'd', startMs: 50, durationMs: 30, kind: 1, error: true },
      ],
    });
    const analysis = analyse(trace, tree);
    expect(analysis.criticalPath.map(({ operation, startMs, durationMs }) => [operation, startMs - START, durationMs])).toEqual([
      ['a', 0, 10],
      ['b', 10, 20],
      ['c', 30, 20],
      ['d', 50, 30],
      ['c', 80, 10],
      ['a', 90, 10],
    ]);
    expect(analysis.criticalPath.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(analysis.durationMs);
    expect(analysis.selfTime.map(({ service, selfMs }) => [service, selfMs])).toEqual([
      ['pay', 60],
      ['stock', 30],
      ['shop', 20],
    ]);
    expect(analysis).toMatchObject({ rootSpanId: A, spans: 4, errors: 1, orphans: [], cycles: [], skewed: [] });
    // c and d each have 30 ms of their own there: the first on the path is named.
    expect(analysis.bottleneck).toMatchObject({ operation: 'c', selfMs: 30, share: 0.3 });
  });

  it('names orphans, and takes the longest for the root until the root comes', () => {
    const late = newId(16);
    const { live, trace, tree } = treeOf({
      shop: [
        { id: A, parent: late, durationMs: 5 },
        { id: B, parent: late, durationMs: 50 },
      ],
    });
    expect(analyse(trace, tree)).toMatchObject({ orphans: expect.arrayContaining([A, B]), rootSpanId: B });
    expect(searchTraces(live, ANY_SPAN, 10, '').traces[0]?.rootMissing).toBe(true);
    live.take('traces', traces('shop', [{ trace, id: late, name: 'root', startMs: START, durationMs: 80 }]), 'key');
    expect(analyse(trace, buildTree(live, trace))).toMatchObject({ orphans: [], rootSpanId: late });
    expect(searchTraces(live, ANY_SPAN, 10, '').traces[0]).toMatchObject({ rootMissing: false, operation: 'root', spans: 3 });
  });

  it('cuts cycles, and still shows every span', () => {
    const { tree, trace } = treeOf({
      shop: [
        { id: A, parent: B },
        { id: B, parent: A },
        { id: C, parent: C },
        { id: D, parent: A },
      ],
    });
    const analysis = analyse(trace, tree);
    expect(analysis.cycles).toHaveLength(2);
    expect(analysis.cycles).toContain(C);
    expect(analysis.spans).toBe(4);
  });

  it('moves spans of a clock that is off into their parents, and leaves what is stored as it came', () => {
    const { live, tree, trace } = treeOf({
      shop: [{ id: A, startMs: 0, durationMs: 100, kind: CLIENT }],
      pay: [
        { id: B, parent: A, startMs: -5000, durationMs: 60, kind: SERVER },
        { id: C, parent: B, startMs: -4990, durationMs: 10, kind: 1 },
      ],
    });
    const { skewed, durationMs } = analyse(trace, tree);
    expect(skewed).toEqual([
      { spanId: B, shiftMs: 5020 },
      { spanId: C, shiftMs: 5020 },
    ]);
    expect(durationMs).toBe(100);
    expect(buildTree(live, trace).startMs).toBe(START - 5000);
  });

  it('takes a trace of 100,000 spans in one chain, deeper than any stack', () => {
    const live = new Live({ traces: 2 ** 28, metrics: 2 ** 20, logs: 2 ** 20 });
    const trace = newId(32);
    const ids = Array.from({ length: 100_000 }, () => newId(16));
    for (let from = 0; from < ids.length; from += 5000) {
      const batch = ids.slice(from, from + 5000).map((id, i) => {
        const parent = ids[from + i - 1];
        return {
          trace,
          id,
          startMs: START + from + i,
          durationMs: 100_000 - from - i,
          ...(parent === undefined ? {} : { parent }),
        };
      });
      live.take('traces', traces('deep', batch), 'key');
    }
    const tree = buildTree(live, trace);
    const analysis = analyse(trace, tree);
    expect(analysis).toMatchObject({ spans: 100_000, orphans: [], cycles: [], rootSpanId: ids[0], durationMs: 100_000 });
    expect(analysis.criticalPath).toHaveLength(MOST_STRETCHES);
    expect(analysis.totals.criticalPath).toBe(100_000);
    expect(analysis.bottleneck?.selfMs).toBe(1);
  });

  it('lists the longest stretches of a long path, and says how many of everything there are', () => {
    const calls = Array.from({ length: 6000 }, (_, n) => ({
      ...{ id: newId(16), parent: A, name: 'SELECT', startMs: n * 10, durationMs: n % 2 === 0 ? 6 : 2 },
    }));
    const lost = Array.from({ length: 1500 }, () => ({ id: newId(16), parent: D, startMs: 5, durationMs: 1 }));
    const { tree, trace } = treeOf({ shop: [{ id: A, durationMs: 60_000 }, ...calls, ...lost] });
    const { criticalPath, orphans, totals, bottleneck } = analyse(trace, tree);
    expect(totals).toEqual({ orphans: 1500, cycles: 0, skewed: 0, criticalPath: 12_000 });
    expect(orphans).toHaveLength(MOST_LISTED);
    expect(criticalPath).toHaveLength(MOST_STRETCHES);
    expect(Math.min(...criticalPath.map(({ durationMs }) => durationMs))).toBeGreaterThan(2);
    const starts = criticalPath.map(({ startMs }) => startMs);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    // Of the whole path, not of what is listed: the root had 4 and 8 ms between the calls.
    expect(bottleneck).toMatchObject({ spanId: A, selfMs: 36_000 });
  });
});

describe('the waterfall of a trace', () => {
  it('says how far clocks are off, and which spans an attribute matches', () => {
    const { tree, trace } = treeOf({
      shop: [
        { id: A, startMs: 0, durationMs: 100, kind: CLIENT, attributes: { user: 'ann', n: 1 } },
        { id: C, parent: A, startMs: 10, attributes: { user: 'bob', n: 1 } },
      ],
      pay: [{ id: B, parent: A, startMs: -5000, durationMs: 60, kind: SERVER, attributes: { user: 'ann' } }],
    });
    expect(waterfall(trace, tree)).toMatchObject({ spanIds: [B, A, C], shiftsMs: [5020, 0, 0] });
    expect(waterfall(trace, tree)).not.toHaveProperty('matches');
    expect(waterfall(trace, tree, ['user=ann'])).toMatchObject({ matches: [0, 1] });
    expect(waterfall(trace, tree, ['user=ann', 'n=1'])).toMatchObject({ matches: [1] });
    expect(waterfall(trace, tree, ['service.name=shop'])).toMatchObject({ matches: [1, 2] });
    expect(waterfall(trace, tree, ['none=1'])).toMatchObject({ matches: [] });
  });
});

describe('the search of traces', () => {
  const live = new Live({ traces: 2 ** 26, metrics: 2 ** 20, logs: 2 ** 20 });
  const ids = Array.from({ length: 250 }, () => newId(32));
  ids.forEach((trace, n) => {
    const attributes = { 'http.route': `/r${n % 5}`, n, big: n % 2 === 0, far: 2 ** 40 + n };
    const root = {
      trace,
      startMs: START + n * 10,
      durationMs: n,
      name: n % 2 === 0 ? 'even' : 'odd',
      error: n % 50 === 0,
      attributes,
    };
    // An older span of the same trace, so that a trace could show up on two pages.
    live.take(
      'traces',
      traces('shop', [root, { trace, startMs: START + n * 10 - 400, parent: newId(16), name: 'older' }]),
      'key',
    );
    if (n % 10 === 0) live.take('traces', traces('stock', [{ trace, startMs: START + n * 10 }]), 'key');
  });
  const find = (filter: Partial<typeof ANY_SPAN>, limit = 1000): string[] =>
    searchTraces(live, { ...ANY_SPAN, ...filter }, limit, '').traces.map(({ traceId }) => traceId);
  const where = (test: (n: number) => boolean): string[] => ids.filter((_, n) => test(n)).reverse();

  it('shows the newest first, each trace on one page and once', () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    for (; cursor !== null; pages++) {
      const page: ReturnType<typeof searchTraces> = searchTraces(live, ANY_SPAN, 30, cursor);
      seen.push(...page.traces.map(({ traceId }) => traceId));
      cursor = page.next;
    }
    expect(pages).toBe(9);
    expect(seen).toEqual([...ids].reverse());
  });

  it('says how long a trace took to the nanosecond', () => {
    const [trace, root] = [newId(32), newId(16)];
    const short = new Live({ traces: 2 ** 26, metrics: 2 ** 20, logs: 2 ** 20 });
    const child = { trace, id: newId(16), parent: root, startMs: START + 0.125, durationMs: 0.25 };
    short.take(
      'traces',
      traces('shop', [child, { trace, id: root, name: 'root', startMs: START + 0.123, durationMs: 0.003 }]),
      'key',
    );
    const [found] = searchTraces(short, ANY_SPAN, 1, '').traces;
    expect(found).toMatchObject({ durationMs: 0.252, operation: 'root', spans: 2 });
  });

  it('filters by service, operation, status, duration, time and attributes', () => {
    expect(find({ service: 'stock' })).toEqual(where((n) => n % 10 === 0));
    expect(find({ operation: 'odd' })).toEqual(where((n) => n % 2 === 1));
    expect(find({ operation: 'none' })).toEqual([]);
    expect(find({ status: 2 })).toEqual(where((n) => n % 50 === 0));
    expect(find({ operation: 'even', minDurationMs: 100, maxDurationMs: 120 })).toEqual(
      where((n) => n % 2 === 0 && n >= 100 && n <= 120),
    );
    expect(find({ operation: 'even', fromMs: START + 500, toMs: START + 700 })).toEqual(
      where((n) => n % 2 === 0 && n >= 50 && n <= 70),
    );
    expect(find({ attributes: ['http.route=/r3', 'big=true'] })).toEqual(where((n) => n % 5 === 3 && n % 2 === 0));
    expect(find({ attributes: ['n=17'] })).toEqual([ids[17]]);
    expect(find({ attributes: [`far=${2 ** 40 + 9}`] })).toEqual([ids[9]]);
    expect(find({ attributes: ['service.name=stock'] })).toEqual(where((n) => n % 10 === 0));
    expect(find({ attributes: ['none=1'] })).toEqual([]);
  });
});
