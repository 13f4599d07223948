/** Queries that cost much, over much that is held: whoever else has a key is answered meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributes, logs, metrics, newId, type SpanSpec, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

const SPANS = 16_000;
const LOGS = 24_000;
const SERIES = 8_000;
const BATCH = 8_000;
const LONG = 2 ** 20;

const TRACE = newId(32);
const ROOT = newId(16);

let live: Running;

const batches = (count: number): number[][] =>
  Array.from({ length: count / BATCH }, (_, batch) => Array.from({ length: BATCH }, (_, n) => batch * BATCH + n));

async function fill(path: string, bodies: Iterable<Buffer>): Promise<void> {
  for (const body of bodies) expect((await live.post(path, body)).status).toBe(200);
}

function span(n: number): SpanSpec {
  const own = n === 0 ? { id: ROOT, durationMs: 60_000 } : { id: newId(16), parent: ROOT };
  return { ...own, trace: TRACE, name: `operation ${n % 1000}`, attributes: { [`key.${n}`]: `value ${n}` } };
}

function* spanBatches(): Iterable<Buffer> {
  for (const batch of batches(SPANS)) yield traces('large', batch.map(span));
}

function* logBatches(): Iterable<Buffer> {
  const filler = 'what happened then and there '.repeat(10);
  for (const batch of batches(LOGS)) {
    yield logs(
      'large',
      batch.map((n) => ({ body: `${n} ${filler} ${n}`, attributes: { n } })),
    );
  }
}

function* pointBatches(): Iterable<Buffer> {
  for (const batch of batches(SERIES)) {
    const dataPoints = batch.map((n) => ({
      timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
      asInt: '1',
      attributes: attributes({ pod: `pod-${n}`, zone: `zone-${n % 3}` }),
    }));
    yield metrics('large', [{ name: 'pods', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } }]);
  }
}

beforeAll(async () => {
  live = await run({ keys: 'app secret-of-app,other secret-of-other' });
  await fill('/v1/traces', spanBatches());
  await fill('/v1/logs', logBatches());
  await fill('/v1/metrics', pointBatches());
}, 120_000);
afterAll(() => live?.close());

/** So many of each at once that they take a few hundred milliseconds at least. */
const COSTLY: [what: string, times: number, path: string][] = [
  ['text that no log line has', 8, '/api/logs?text=nowhere%20to%20be%20found'],
  ['the last page of a trace list', 8, '/api/traces?limit=1000&cursor=1-00000000000000000000000000000000'],
  ['a metric grouped by an attribute without end', 2, '/api/metrics/pods?groupBy=pod&limit=1000&points=10000'],
  ['a metric of very many series', 2, '/api/metrics/pods?limit=1000&points=10000'],
  ['a large trace', 2, `/api/traces/${TRACE}`],
  ['the waterfall of a large trace', 4, `/api/traces/${TRACE}/waterfall?attribute=key.1=value%201`],
  ['the analysis of a large trace', 4, `/api/traces/${TRACE}/analysis`],
  ['all spans, to export them', 2, '/api/export?signal=traces&limit=100000'],
  ['all log lines, to export them', 2, '/api/export?signal=logs&limit=100000'],
  ['all points, to export them', 2, '/api/export?signal=metrics&limit=100000'],
];

const asOther = { headers: { authorization: 'Bearer secret-of-other' } };

describe('a client with a key is answered again and again, while another asks several times at once for', () => {
  it.each(COSTLY)('%s', async (_, times, path) => {
    let costly = times;
    const statuses = Array.from({ length: times }, async () => {
      const response = await live.get(path);
      await response.arrayBuffer();
      costly--;
      return response.status;
    });
    let answered = 0;
    while (costly > 0) {
      const response = await live.get('/api/logs?service=none', asOther);
      expect(await response.json()).toMatchObject({ logs: [] });
      if (costly > 0) answered++;
    }
    for (const status of await Promise.all(statuses)) expect(status).toBe(200);
    // One that is asked for with them, and one that waits meanwhile, would come of themselves.
    expect(answered).toBeGreaterThan(2);
  });
});

it('what is answered in parts is what was held', async () => {
  const spans = (await live.json<{ resourceSpans: { scopeSpans: { spans: { spanId: string }[] }[] }[] }>(`/api/traces/${TRACE}`))
    .resourceSpans;
  const ids = spans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans.map(({ spanId }) => spanId)));
  expect(new Set(ids).size).toBe(SPANS);
  expect(ids).toHaveLength(SPANS);
});

it('a client that goes away ends what was being made for it', async () => {
  const aborted = new AbortController();
  const gone = Array.from({ length: 8 }, () => live.get('/api/export?signal=traces&limit=100000', { signal: aborted.signal }));
  aborted.abort();
  for (const one of gone) await expect(one).rejects.toThrow();
  // They had all the places that there are for one key.
  expect((await live.get('/api/logs?limit=1')).status).toBe(200);
});

it('pages of log lines of a megabyte each stay small, and have each line once', async () => {
  const service = 'long';
  const specs = Array.from({ length: 16 }, (_, n) => ({ body: `${n}  ${' '.repeat(LONG)}` }));
  expect((await live.post('/v1/logs', logs(service, specs))).status).toBe(200);
  const seen: string[] = [];
  let pages = 0;
  for (let cursor = ''; ; pages++) {
    const response = await live.get(`/api/logs?service=${service}&limit=1000${cursor && `&cursor=${cursor}`}`);
    const text = await response.text();
    expect(text.length).toBeLessThan(10 * LONG);
    const page = JSON.parse(text) as { logs: { body: string }[]; next: string | null };
    seen.push(...page.logs.map(({ body }) => body.slice(0, 2).trim()));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(pages).toBeGreaterThan(1);
  expect(seen.map(Number).sort((a, b) => a - b)).toEqual(specs.map((_, n) => n));
});
