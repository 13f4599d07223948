import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

const SPANS = 100_000;
const BATCH = 5_000;

let live: Running;
const trace = newId(32);
const root = newId(16);

beforeAll(async () => {
  live = await run();
  for (let from = 0; from < SPANS; from += BATCH) {
    const spans = Array.from({ length: BATCH }, (_, n) => ({
      ...(from + n === 0 ? { id: root, durationMs: 60_000 } : { id: newId(16), parent: root }),
      trace,
      startMs: 1_800_000_000_000 + from + n,
    }));
    expect((await live.post('/v1/traces', traces('shop', spans))).status).toBe(200);
  }
});
afterAll(() => live?.close());

it.each(['waterfall', 'analysis'])('while the %s of a large trace is made, everybody else is answered', async (what) => {
  let answered = 0;
  let done = false;
  const others = async (): Promise<void> => {
    while (!done) {
      await (await fetch(`${live.url}/healthz`)).text();
      answered++;
    }
  };
  const [response] = await Promise.all([
    live.get(`/api/traces/${trace}/${what}`).finally(() => {
      done = true;
    }),
    others(),
  ]);
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  // One that is asked for with it, and one that waits meanwhile, would come of themselves.
  expect(answered).toBeGreaterThan(2);
});

it('the page of a trace tells the browser at once to fetch its waterfall', async () => {
  const { headers } = await fetch(`${live.url}/traces/${trace}`);
  expect(headers.get('link')).toBe(`</api/traces/${trace}/waterfall>; rel=preload; as=fetch; crossorigin`);
  expect((await fetch(`${live.url}/traces`)).headers.get('link')).toBeNull();
  expect((await fetch(`${live.url}/traces/${trace.slice(1)}`)).headers.get('link')).toBeNull();
});
