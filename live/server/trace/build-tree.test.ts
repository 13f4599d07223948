/** Trees of odd traces, held against what the same words mean when they are written down naively. */
import { describe, expect, it } from 'vitest';
import { idText, NANOS_PER_MS } from '../otlp/values.ts';
import { Live } from '../receive/live.ts';
import { atOnce } from '../store/slices.ts';
import { random } from '../testing/random.ts';
import { type SpanSpec, traces } from '../testing/requests.ts';
import { analysisSteps } from './analysis.ts';
import { treeSteps } from './build-tree.ts';
import { rowRefs, rowsByBlock, rowsOfSpan } from './trace-rows.ts';
import { ORPHAN, ROOT, type TraceTree } from './tree.ts';

const START = 1_800_000_000_000;
const TRACE = 'ab'.repeat(16);
const [SERVER, CLIENT] = [2, 3];

interface Sent extends Required<Pick<SpanSpec, 'id' | 'name' | 'kind' | 'startMs' | 'durationMs'>> {
  service: string;
  parent: string | undefined;
}

const idOf = (n: number): string => (n + 1).toString(16).padStart(16, '0');

/** Few ids, times and services, so that they often meet: duplicates, cycles, orphans, clocks that disagree, same starts. */
function oddTrace(seed: number): Sent[] {
  const next = random(seed);
  const int = (below: number): number => Math.floor(next() * below);
  const count = 1 + int(30);
  return Array.from({ length: count }, (_, n) => ({
    id: idOf(next() < 0.9 ? n : int(count)),
    name: `span ${n}`,
    parent: next() < 0.15 ? undefined : idOf(next() < 0.1 ? 1000 + n : next() < 0.8 ? int(n + 1) : int(count)),
    service: `service-${int(3)}`,
    kind: next() < 0.5 ? SERVER : CLIENT,
    startMs: START + int(20) + (next() < 0.1 ? -500 : 0),
    durationMs: int(30),
  }));
}

function treeOf(spans: readonly Sent[]): TraceTree {
  const live = new Live({ traces: 2 ** 24, metrics: 2 ** 20, logs: 2 ** 20 });
  // One request each: the order in which they are held is that of their services, not that in which they came.
  for (const { service, parent, ...span } of spans) {
    live.take('traces', traces(service, [{ trace: TRACE, ...span, ...(parent === undefined ? {} : { parent }) }]), 'key');
  }
  return atOnce(treeSteps(rowsByBlock(live, TRACE)));
}

/** Where a span is sent to: its name says which it is, also of several with one id. */
const namesOf = ({ operations, operation }: TraceTree): string[] => Array.from(operation, (name) => operations[name] ?? '');
const childrenOf = (tree: TraceTree, span: number): number[] => [
  ...tree.children.subarray(tree.childrenFrom[span], tree.childrenFrom[span + 1]),
];
const ancestor = (tree: TraceTree, span: number, steps: number): number =>
  steps === 0 || span < 0 ? span : ancestor(tree, tree.parent[span] ?? ROOT, steps - 1);

describe.each(Array.from({ length: 40 }, (_, seed) => seed))('the tree of odd trace %i', (seed) => {
  const sent = oddTrace(seed);
  const tree = treeOf(sent);
  const spans = namesOf(tree).map((name) => sent.find((one) => one.name === name) as Sent);
  const startOf = (span: number): number => ((tree.offset[span] ?? 0) + (tree.shift[span] ?? 0)) / NANOS_PER_MS;
  const firstMs = Math.min(...sent.map(({ startMs }) => startMs));

  it('has every span once, as it was sent, the earliest first', () => {
    expect(new Set(spans).size).toBe(sent.length);
    expect(tree.count).toBe(sent.length);
    expect(tree.startMs).toBe(firstMs);
    expect(Array.from(tree.offset)).toEqual(spans.map(({ startMs }) => (startMs - firstMs) * NANOS_PER_MS));
    expect([...tree.offset].sort((a, b) => a - b)).toEqual([...tree.offset]);
    expect(Array.from(tree.duration)).toEqual(spans.map(({ durationMs }) => durationMs * NANOS_PER_MS));
    expect(spans.map((_, i) => idText(tree.ids, i, 2))).toEqual(spans.map(({ id }) => id));
    expect(spans.map((_, i) => tree.services[tree.service[i] ?? -1])).toEqual(spans.map(({ service }) => service));
    expect(Array.from(tree.kind)).toEqual(spans.map(({ kind }) => kind));
  });

  it('has parents as they were named, but where a span is its own ancestor', () => {
    spans.forEach(({ parent }, i) => {
      const named = parent === undefined ? ROOT : spans.findIndex(({ id }) => id === parent);
      const expected = parent !== undefined && named < 0 ? ORPHAN : named;
      expect(tree.cyclic[i] === 1 ? ROOT : expected).toBe(tree.parent[i]);
      // From everywhere up to a root, in as many steps as there are spans at most.
      expect(ancestor(tree, i, tree.count)).toBeLessThan(0);
      if (tree.cyclic[i] === 0) return;
      let above = named;
      for (let steps = 0; steps < tree.count && above !== i; steps++) above = tree.parent[above] ?? ROOT;
      expect(above).toBe(i);
    });
  });

  it('lists children under their parents, in the order of time', () => {
    spans.forEach((_, i) => {
      const below = [...tree.parent.keys()].filter((one) => tree.parent[one] === i);
      expect(childrenOf(tree, i)).toEqual(below);
    });
  });

  it('moves what does not fit into its parent, and leaves what does', () => {
    spans.forEach((span, i) => {
      const above = tree.parent[i] ?? ROOT;
      const parent = spans[above];
      if (parent === undefined) expect(tree.shift[i]).toBe(0);
      else if (parent.service === span.service) expect(tree.shift[i]).toBe(tree.shift[above]);
      else {
        const came = span.startMs - firstMs;
        const [from, to] = [startOf(above), startOf(above) + parent.durationMs];
        const late = parent.kind === CLIENT && span.kind === SERVER && came + span.durationMs > to + 10;
        const middle = from + Math.max(0, parent.durationMs - span.durationMs) / 2;
        expect(startOf(i)).toBe(came < from || late ? middle : came);
      }
    });
  });

  it('gives an analysis whose parts fit together', () => {
    const analysis = atOnce(analysisSteps(TRACE, tree));
    // Each half millisecond of each span that no child covers is its own: all times here are halves.
    const own = new Map<string, number>();
    spans.forEach(({ service, durationMs }, i) => {
      const covered = (ms: number): boolean =>
        childrenOf(tree, i).some((one) => startOf(one) <= ms && ms < startOf(one) + (spans[one]?.durationMs ?? 0));
      const halves = Array.from({ length: durationMs * 4 }, (_, n) => startOf(i) + n / 4).filter((ms) => !covered(ms));
      own.set(service, (own.get(service) ?? 0) + halves.length / 4);
    });
    expect(Object.fromEntries(analysis.selfTime.map(({ service, selfMs }) => [service, selfMs]))).toEqual(
      Object.fromEntries(own),
    );
    const path = analysis.criticalPath;
    path.forEach(({ startMs, durationMs }, n) => {
      expect(durationMs).toBeGreaterThan(0);
      if (n > 0) expect(startMs).toBeCloseTo((path[n - 1]?.startMs ?? 0) + (path[n - 1]?.durationMs ?? 0), 2);
    });
    const roots = spans.filter((_, i) => tree.parent[i] === ROOT);
    const candidates = roots.length > 0 ? roots : spans.filter((_, i) => tree.parent[i] === ORPHAN);
    const longest = Math.max(...candidates.map(({ durationMs }) => durationMs));
    expect(path.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBeCloseTo(longest, 2);
    expect(candidates.filter(({ durationMs }) => durationMs === longest).map(({ id }) => id)).toContain(analysis.rootSpanId);
    expect(analysis.totals).toMatchObject({
      orphans: tree.parent.filter((one) => one === ORPHAN).length,
      cycles: tree.cyclic.filter((one) => one === 1).length,
      skewed: tree.shift.filter((one) => one !== 0).length,
    });
  });
});

it('finds the rows of one span, also where it came twice', () => {
  const live = new Live({ traces: 2 ** 24, metrics: 2 ** 20, logs: 2 ** 20 });
  // Another start each: with the same it would be the same span, delivered again, and held once.
  for (const [n, id] of [idOf(1), idOf(2), idOf(1)].entries())
    live.take('traces', traces('shop', [{ trace: TRACE, id, startMs: START + n }]), 'key');
  const held = rowsByBlock(live, TRACE);
  expect([...rowRefs(held)].map(({ row }) => row)).toEqual([0, 1, 2]);
  expect(rowsOfSpan(held, idOf(1)).map(({ row }) => row)).toEqual([0, 2]);
  expect(rowsOfSpan(held, idOf(7))).toEqual([]);
});

it('orders starts that differ in any of their digits, and of the same start keeps the order in which they are held', () => {
  const starts = [0.001, 5, 0.001, 70_000, 4_294_967.296, 4_294_967.297, 0, 1_000_000_000];
  const tree = treeOf(
    starts.map((ms, n) => ({
      ...{ id: idOf(n), name: String(n), parent: undefined, service: 'one', kind: SERVER },
      ...{ startMs: 500_000_000_000 + ms, durationMs: 1 },
    })),
  );
  expect(namesOf(tree)).toEqual(['6', '0', '2', '1', '3', '4', '5', '7']);
});

it('takes a server that ends its span some milliseconds after its caller for what it is, and no clock for off', () => {
  const at = (startMs: number, durationMs: number) => ({ startMs: START + startMs, durationMs });
  const caller = (n: number): Sent => ({
    id: idOf(n),
    name: 'call',
    parent: undefined,
    service: 'shop',
    kind: CLIENT,
    ...at(0, 100),
  });
  const callee = (n: number, of: number, durationMs: number): Sent => ({
    ...{ id: idOf(n), name: 'answer', parent: idOf(of), service: 'pay', kind: SERVER },
    ...at(10, durationMs),
  });
  const tree = treeOf([caller(0), caller(1), callee(2, 0, 98), callee(3, 1, 110)]);
  expect(atOnce(analysisSteps(TRACE, tree)).skewed).toEqual([{ spanId: idOf(3), shiftMs: -10 }]);
});
