/**
 * The Node driver: the shapes and journeys of k6.ts by Node's fetch, for hosts without k6. An open model: an arrival starts its journey at its
 * time, however many are under way, up to the shape's `maxInFlight`; beyond that it is dropped and counted.
 */
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { answer, arrival, type ShopAnswer, type ShopRequest } from './journeys.ts';
import type { Tally } from './report.ts';
import { arrivals, type Shape } from './shapes.ts';

const REQUEST_TIMEOUT_MS = 10_000;
/** What journeys under way get after an abort, before their requests are cancelled. */
const ABORT_GRACE_MS = 2_000;

export interface DriveOptions {
  /** The shop's address, e.g. `http://localhost:8080`. */
  target: string;
  shape: Shape;
  /** The same seed makes the same journeys. Default: the time. */
  seed?: number;
  /** Ends the run early; journeys under way get two seconds to finish. */
  signal?: AbortSignal;
  /** Called with the running tally every `progressMs` (default 5000). */
  onProgress?: (tally: Tally) => void;
  progressMs?: number;
}

/** Runs a shape to its end or until aborted. Failing requests are counted, never thrown. */
export async function drive(options: DriveOptions): Promise<Tally> {
  const { target, shape, seed = Date.now(), signal, onProgress, progressMs = 5_000 } = options;
  const began = performance.now();
  const durations = createHistogram({ lowest: 1, highest: 60_000_000 });
  const tally: Tally = { seconds: 0, offered: 0, dropped: 0, inFlight: 0, statuses: new Map(), failed: 0, durations };
  const visitors = new Set<Promise<void>>();
  const requests = new Set<AbortController>();
  const orders: string[] = [];

  async function send(request: ShopRequest): Promise<ShopAnswer> {
    const cancel = new AbortController();
    const timeout = setTimeout(() => cancel.abort(), REQUEST_TIMEOUT_MS);
    requests.add(cancel);
    const sent = performance.now();
    const got = await ask(target, request, cancel.signal);
    durations.record(Math.max(1, Math.round((performance.now() - sent) * 1000)));
    clearTimeout(timeout);
    requests.delete(cancel);
    tally.statuses.set(got.status, (tally.statuses.get(got.status) ?? 0) + 1);
    if (!request.expect.includes(got.status)) {
      tally.failed++;
      tally.lastFailure = { request: request.name, status: got.status, traceId: got.traceId };
    }
    return got;
  }

  async function visit(n: number): Promise<void> {
    const journey = arrival(seed, n, orders);
    let step = journey.next();
    while (!step.done && !cancelled) step = journey.next(await send(step.value));
  }

  const elapsed = () => (performance.now() - began) / 1000;
  let cancelled = false;
  const progress = setInterval(() => onProgress?.({ ...tally, seconds: elapsed() }), progressMs);
  for (const due of arrivals(shape)) {
    const wait = due - elapsed();
    if (wait > 0) await sleep(wait * 1000, undefined, { signal }).catch(() => {});
    if (signal?.aborted) break;
    const n = tally.offered++;
    if (visitors.size >= shape.maxInFlight) {
      tally.dropped++;
      continue;
    }
    const visitor = visit(n).finally(() => {
      visitors.delete(visitor);
      tally.inFlight = visitors.size;
    });
    visitors.add(visitor);
    tally.inFlight = visitors.size;
  }
  const cancelRest = setTimeout(
    () => {
      cancelled = true;
      for (const request of requests) request.abort();
    },
    signal?.aborted ? ABORT_GRACE_MS : REQUEST_TIMEOUT_MS,
  );
  await Promise.all(visitors);
  clearTimeout(cancelRest);
  clearInterval(progress);
  return { ...tally, seconds: elapsed() };
}

async function ask(target: string, { method, path, headers, body }: ShopRequest, signal: AbortSignal): Promise<ShopAnswer> {
  try {
    const response = await fetch(target + path, { method, headers, body, signal, redirect: 'manual' });
    return answer(response.status, await response.text(), response.headers.get('traceresponse') ?? '');
  } catch {
    return answer(0, '');
  }
}
