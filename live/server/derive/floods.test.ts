import { describe, expect, it } from 'vitest';
import { errorGroups, notable, operationRows, topology } from '../query/services.ts';
import { Live } from '../receive/live.ts';
import { type LogSpec, logs, type SpanSpec, traces, until } from '../testing/requests.ts';

const ERROR = 17;
const [SERVER, CLIENT] = [2, 3];

const store = (): Live => new Live({ traces: 2 ** 26, metrics: 2 ** 20, logs: 2 ** 26 });
const now = (): number => Date.now() / 1000;
const many = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
/** A word without digits, another one for each number. */
const word = (n: number): string =>
  [...n.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('');

describe('of many rows at once', () => {
  it('those of one request are counted whole, and the event loop goes round meanwhile', async () => {
    const live = store();
    let rounds = 0;
    let running = true;
    const round = (): void => {
      rounds++;
      if (running) setImmediate(round);
    };
    setImmediate(round);
    const spans = live.derived.spans.bind(live.derived);
    const seen: { rounds: number; rows: number }[] = [];
    live.derived.spans = (committed) => {
      seen.push({ rounds, rows: committed.to - committed.from });
      const until = performance.now() + 10;
      while (performance.now() < until);
      spans(committed);
    };
    live.take(
      'traces',
      traces(
        'shop',
        many<SpanSpec>(50_000, () => ({ kind: SERVER })),
      ),
      'key',
    );
    const counted = (): number => live.derived.services.get('shop')?.spans.total ?? 0;
    expect(counted()).toBeLessThan(50_000);
    await until(() => counted() === 50_000, 'all spans to be counted');
    running = false;
    expect(seen.reduce((sum, { rows }) => sum + rows, 0)).toBe(50_000);
    // A piece takes longer than a slice: between two of them the event loop went round.
    expect(new Set(seen.map((one) => one.rounds)).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(10);
  });

  it('what is sent meanwhile in small numbers is counted at once', async () => {
    const live = store();
    live.take(
      'traces',
      traces(
        'loud',
        many<SpanSpec>(50_000, () => ({})),
      ),
      'key',
    );
    live.take('traces', traces('quiet', [{}]), 'key');
    expect(live.derived.services.get('quiet')?.spans.total).toBe(1);
    await until(() => live.derived.services.get('loud')?.spans.total === 50_000, 'the others');
  });

  it('error lines are all counted; of a service that has very many, those of another still stand apart', async () => {
    const live = store();
    live.take(
      'logs',
      logs(
        'loud',
        many<LogSpec>(30_000, (n) => ({ severity: ERROR, body: `cannot ${word(n)}` })),
      ),
      'key',
    );
    live.take('logs', logs('quiet', [{ severity: ERROR, body: 'no money' }]), 'key');
    expect(errorGroups(live.derived, 'quiet', 10)).toMatchObject([{ template: 'no money', count: 1 }]);
    const rest = () => errorGroups(live.derived, 'loud', 1000).find(({ template }) => template.startsWith('(more'));
    // A thousand of each second are told apart, and it takes some seconds at most.
    await until(() => live.derived.services.get('loud')?.logs.total === 30_000, 'all lines');
    expect(rest()?.count).toBeGreaterThan(0);
    expect(errorGroups(live.derived, '', 1000).length).toBeLessThanOrEqual(500);
  });

  it('error lines that say the same are one group, however many come in a second', async () => {
    const live = store();
    live.take(
      'logs',
      logs(
        'shop',
        many<LogSpec>(20_000, (n) => ({ severity: ERROR, body: 'no money', attributes: { n } })),
      ),
      'key',
    );
    const groups = () => errorGroups(live.derived, 'shop', 10);
    await until(() => groups()[0]?.count === 20_000, 'all lines in a group');
    expect(groups()).toHaveLength(1);
  });
});

it('a name of megabytes is kept by its beginning alone, wherever a list would have it', () => {
  const live = store();
  const name = 'x'.repeat(2 ** 20);
  const attributes = { 'db.system.name': name };
  live.take(
    'traces',
    traces('shop', [
      { kind: SERVER, name },
      { kind: CLIENT, attributes, error: true, name },
    ]),
    'key',
  );
  const most = (texts: string[]): number => Math.max(...texts.map(({ length }) => length));
  expect(most(operationRows(live.derived, now(), 60, '').map(({ operation }) => operation))).toBe(1001);
  expect(most(topology(live.derived, now(), 60).nodes.map(({ node }) => node))).toBe(1001);
  const { slowest, failed } = notable(live.derived, now(), '');
  expect(most([...slowest, ...failed].map(({ operation }) => operation))).toBe(1001);
});
