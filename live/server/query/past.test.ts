import { describe, expect, it } from 'vitest';
import { Live } from '../receive/live.ts';
import { atOnce } from '../store/slices.ts';
import { random } from '../testing/random.ts';
import { logs, newId, type SpanSpec, traces } from '../testing/requests.ts';
import { pastSteps, STRETCHES } from './past.ts';
import { pastErrors, pastNotable, pastOf, pastOperations, pastServices, pastTopology } from './past-rows.ts';
import { errorGroups, notable, operationRows, serviceRows, topology } from './services.ts';

const NOW = 1_800_000_000_000;
const [SERVER, CLIENT] = [2, 3];
const MINUTE = 60_000;

interface World {
  live: Live;
  spans: (SpanSpec & { service: string; startMs: number; durationMs: number })[];
}

/** Calls of `shop` to `stock`, of both to a database, and users of both; `spread` ms up to now, in the order of batches, not of time. */
function world(calls: number, spread: number): World {
  const next = random(7);
  const live = new Live({ traces: 2 ** 24, metrics: 2 ** 20, logs: 2 ** 20 }, () => NOW);
  const spans: World['spans'] = [];
  for (let i = 0; i < calls; i++) {
    const startMs = NOW - 2 - Math.floor(next() * (spread - 200));
    const durationMs = 1 + Math.floor(next() * 100);
    const [trace, root, client] = [newId(32), newId(16), newId(16)];
    const error = next() < 0.1;
    const ends = { trace, startMs: startMs - durationMs, durationMs };
    const named = { name: `op ${i % 7}`, error };
    spans.push(
      { service: 'shop', ...ends, id: root, kind: SERVER, ...named },
      { service: 'shop', ...ends, id: client, parent: root, kind: CLIENT, name: 'call', error: false },
      { service: 'stock', ...ends, parent: client, kind: SERVER, ...named },
      {
        service: 'stock',
        ...ends,
        parent: newId(16),
        kind: CLIENT,
        name: 'SELECT',
        attributes: { 'db.system.name': 'postgresql' },
      },
    );
  }
  for (const service of ['stock', 'shop']) {
    const of = spans.filter((one) => one.service === service);
    for (let from = 0; from < of.length; from += 50) live.take('traces', traces(service, of.slice(from, from + 50)), 'key');
  }
  return { live, spans };
}

const count = (live: Live, fromMs: number, toMs: number) => atOnce(pastSteps(live, fromMs, toMs));

describe('an interval', () => {
  it('that reaches back as far as what is derived comes to the same', () => {
    const { live } = world(300, MINUTE);
    live.take('logs', logs('shop', [{ body: 'failed 17', severity: 17, timeMs: NOW - 10 }]), 'key');
    live.take('logs', logs('shop', [{ body: 'failed 18', severity: 17, timeMs: NOW - 5 }]), 'key');
    const past = count(live, NOW - MINUTE, NOW);
    // Rates of what is derived go by when data began to come: here all came at once.
    const numbers = <R extends object>(rows: readonly R[]) =>
      rows.map((row) => ({ ...row, rate: 0, inFlight: 0, spanRate: 0, logRate: 0, history: 0 }));
    expect(numbers(pastServices(past))).toEqual(numbers(serviceRows(live.derived, NOW / 1000, 120)));
    expect(numbers(pastOperations(past, ''))).toEqual(numbers(operationRows(live.derived, NOW / 1000, 120, '')));
    const sorted = ({ nodes, edges }: ReturnType<typeof topology>) => ({
      nodes: numbers(nodes).sort((a, b) => a.node.localeCompare(b.node)),
      edges: numbers(edges).sort((a, b) => `${a.client} ${a.server}`.localeCompare(`${b.client} ${b.server}`)),
    });
    expect(sorted(pastTopology(past))).toEqual(sorted(topology(live.derived, NOW / 1000, 120)));
    const derived = notable(live.derived, NOW / 1000, '');
    expect(pastNotable(past, '').slowest.map(({ durationMs }) => durationMs)).toEqual(
      derived.slowest.map(({ durationMs }) => durationMs),
    );
    expect(pastNotable(past, '').failed).toHaveLength(derived.failed.length);
    expect(pastErrors(past, 'shop', 10)).toEqual(errorGroups(live.derived, 'shop', 10));
    expect(pastErrors(past, 'stock', 10)).toEqual([]);
  });

  it('of an hour ago counts what began in it and nothing else, whatever the order it came in', () => {
    const { live, spans } = world(2_000, 60 * MINUTE);
    const [fromMs, toMs] = [NOW - 40 * MINUTE, NOW - 25 * MINUTE];
    const past = count(live, fromMs, toMs);
    const within = spans.filter(({ startMs }) => startMs >= fromMs && startMs <= toMs);
    const requests = within.filter(({ service, kind }) => service === 'shop' && kind === SERVER);
    expect(requests.length).toBeGreaterThan(300);
    const [shop] = pastServices(past);
    expect(shop).toMatchObject({
      service: 'shop',
      requests: requests.length,
      errors: requests.filter(({ error }) => error).length,
      rate: requests.length / 900,
      spanRate: within.filter(({ service }) => service === 'shop').length / 900,
    });
    const durations = requests.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    expect(shop?.p50Ms).toBeCloseTo(durations[Math.ceil(durations.length / 2) - 1] ?? 0, -0.5);
    expect(shop?.history.requests).toHaveLength(STRETCHES);
    const stretch = (i: number) =>
      requests.filter(({ startMs }) => Math.floor((startMs - fromMs) / 15_000) === i || (i === 59 && startMs === toMs)).length;
    expect(shop?.history.requests).toEqual(Array.from({ length: STRETCHES }, (_, i) => stretch(i)));
    const calls = within.filter(({ service, kind }) => service === 'stock' && kind === SERVER).length;
    const edges = pastTopology(past).edges.map((edge) => `${edge.client} -> ${edge.server}: ${edge.calls}`);
    const queries = within.filter(({ name }) => name === 'SELECT').length;
    expect(edges.sort()).toEqual([
      `shop -> stock: ${calls}`,
      `stock -> postgresql: ${queries}`,
      `user -> shop: ${requests.length}`,
    ]);
    const longest = Math.max(...within.filter(({ kind }) => kind === SERVER).map(({ durationMs }) => durationMs));
    expect(pastNotable(past, '').slowest[0]?.durationMs).toBe(longest);
    for (const { startMs } of Object.values(pastNotable(past, '')).flat())
      expect(startMs >= fromMs && startMs <= toMs).toBe(true);
  });

  it('without ends is all that is held, up to now', () => {
    const { live, spans } = world(50, 10 * MINUTE);
    const past = count(live, Number.NaN, Number.NaN);
    expect([past.fromMs, past.toMs]).toEqual([Math.min(...spans.map(({ startMs }) => startMs)), NOW]);
    expect(pastServices(past).map(({ requests }) => requests)).toEqual([50, 50]);
    expect(count(live, NOW - 20 * MINUTE, Number.NaN).fromMs).toBe(past.fromMs);
  });

  it('in which nothing is held is empty, as is an empty store', () => {
    const { live } = world(50, 10 * MINUTE);
    for (const past of [
      count(live, 5, 10),
      count(new Live({ traces: 2 ** 20, metrics: 2 ** 20, logs: 2 ** 20 }), Number.NaN, NOW),
    ]) {
      expect(pastServices(past)).toEqual([]);
      expect(pastOperations(past, '')).toEqual([]);
      expect(pastTopology(past)).toEqual({ nodes: [], edges: [] });
      expect(pastNotable(past, '')).toEqual({ slowest: [], failed: [] });
      expect(pastErrors(past, '', 10)).toEqual([]);
    }
  });

  it('knows a service that sends logs alone, and what calls it by its calls', () => {
    const { live } = world(20, MINUTE);
    live.take('logs', logs('postgresql', [{ timeMs: NOW - 1000 }]), 'key');
    const past = count(live, NOW - 2 * MINUTE, NOW);
    expect(pastServices(past).find(({ service }) => service === 'postgresql')).toMatchObject({ requests: 0, spanRate: 0 });
    for (const { nodes } of [pastTopology(past), topology(live.derived, NOW / 1000, 120)]) {
      const node = nodes.find(({ node: name }) => name === 'postgresql');
      expect(node?.type).toBe('database');
      expect(node?.rate).toBeGreaterThan(0);
    }
  });

  it('is counted once for all who ask for it together', async () => {
    const { live } = world(20, MINUTE);
    const both = await Promise.all([pastOf(live, NOW - MINUTE, NOW), pastOf(live, NOW - MINUTE, NOW)]);
    expect(both[0]).toBe(both[1]);
    expect(await pastOf(live, NOW - MINUTE, NOW - 1)).not.toBe(both[0]);
  });
});
