import { afterEach, expect, test, vi } from 'vitest';
import { answer, arrival } from './journeys.ts';
import { drive } from './node-driver.ts';
import { SHAPES, type Shape } from './shapes.ts';
import { reply, startShop, TRACE_ID } from './testing/shop.ts';

let shop: Awaited<ReturnType<typeof startShop>>;
afterEach(() => shop.stop());

const shapeOf = (rate: number, seconds: number, maxInFlight = 1000): Shape => ({
  ...SHAPES.steady,
  startRate: rate,
  stages: [{ seconds, rate }],
  maxInFlight,
});
const ONE_VISITOR = shapeOf(1, 1);

test('the driver sends what the journeys yield, request by request', async () => {
  shop = await startShop();
  for (let seed = 0; seed < 25; seed++) {
    shop.seen.length = 0;
    await drive({ target: shop.url, shape: ONE_VISITOR, seed });
    const planned = [];
    const journey = arrival(seed, 0, []);
    for (let step = journey.next(); !step.done; ) {
      const { method, path, headers, body = '' } = step.value;
      planned.push({ method, path, body, idempotencyKey: headers['Idempotency-Key'] });
      const { status, body: json } = reply(method, path, body);
      step = journey.next(answer(status, JSON.stringify(json) ?? ''));
    }
    expect(shop.seen).toEqual(planned);
  }
});

test('arrivals do not wait for answers', async () => {
  shop = await startShop({ held: true });
  const run = drive({ target: shop.url, shape: shapeOf(100, 0.2) });
  await vi.waitFor(() => expect(shop.seen).toHaveLength(20), 10_000);
  shop.release();
  const tally = await run;
  expect(tally).toMatchObject({ offered: 20, dropped: 0, inFlight: 0, failed: 0 });
  expect([...tally.statuses.values()].reduce((a, b) => a + b)).toBe(shop.seen.length);
});

test('arrivals beyond the bound on journeys under way are dropped and counted', async () => {
  shop = await startShop({ held: true });
  const progress = vi.fn();
  const run = drive({ target: shop.url, shape: shapeOf(100, 0.2, 5), onProgress: progress, progressMs: 10 });
  await vi.waitFor(
    () => expect(progress).toHaveBeenLastCalledWith(expect.objectContaining({ offered: 20, dropped: 15, inFlight: 5 })),
    10_000,
  );
  expect(shop.seen).toHaveLength(5);
  shop.release();
  expect(await run).toMatchObject({ offered: 20, dropped: 15, inFlight: 0 });
});

test('an abort ends an endless run with its tally', async () => {
  shop = await startShop();
  const stop = new AbortController();
  const run = drive({ target: shop.url, shape: shapeOf(50, 3600), signal: stop.signal });
  await vi.waitFor(() => expect(shop.seen.length).toBeGreaterThan(5), 10_000);
  stop.abort();
  const tally = await run;
  expect(tally.offered).toBeLessThan(3600);
  expect(tally).toMatchObject({ inFlight: 0, failed: 0 });
});

test('an abort gives up on a shop that never answers', async () => {
  shop = await startShop({ held: true });
  const stop = new AbortController();
  const run = drive({ target: shop.url, shape: shapeOf(50, 3600), signal: stop.signal });
  await vi.waitFor(() => expect(shop.seen.length).toBeGreaterThan(2), 10_000);
  stop.abort();
  const tally = await run;
  expect(tally.statuses).toEqual(new Map([[0, tally.offered]]));
  expect(tally.seconds).toBeLessThan(9); // before the requests' own time-out of 10 s
  expect(tally).toMatchObject({ inFlight: 0, failed: tally.offered });
});

test('answers that a journey did not expect are counted as failed, the last with its trace', async () => {
  shop = await startShop();
  const tally = await drive({ target: `${shop.url}/nowhere`, shape: shapeOf(200, 1), seed: 1 });
  expect(tally.statuses.get(404)).toBeGreaterThan(tally.failed);
  expect(tally.failed).toBeGreaterThan(0);
  expect(tally.lastFailure).toMatchObject({ status: 404, traceId: TRACE_ID });
});
