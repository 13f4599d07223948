/** Ten minutes of a small past: a trace, a log line and a metric point every ten seconds. */
import type { RunningLive } from '../../server/main.ts';
import { logs, metrics, newId, type SpanSpec, traces } from '../../server/testing/requests.ts';
import { type LivePage, startLivePage } from './live-page.ts';

export const STEP_MS = 10_000;
const STEPS = 60;
export const GAUGE = 'queue.depth';

export interface Past extends LivePage {
  /** When something happened, the oldest first. */
  timesMs: number[];
}

/** A live view that holds the past of a service `shop`, up to ten seconds ago. */
export async function startPast(): Promise<Past> {
  const page = await startLivePage();
  const lastMs = Date.now() - STEP_MS;
  const timesMs = Array.from({ length: STEPS }, (_, i) => lastMs - (STEPS - 1 - i) * STEP_MS);
  const spans: SpanSpec[] = timesMs.map((startMs, i) => ({ trace: newId(32), startMs, durationMs: 5 + i, name: `step ${i}` }));
  await send(page.live, 'traces', traces('shop', spans));
  await send(
    page.live,
    'logs',
    logs(
      'shop',
      spans.map(({ startMs, trace }, i) => ({ timeMs: startMs, body: `line ${i}`, trace })),
    ),
  );
  const dataPoints = timesMs.map((timeMs, i) => ({ timeUnixNano: `${Math.round(timeMs)}000000`, asDouble: i }));
  await send(page.live, 'metrics', metrics('shop', [{ name: GAUGE, gauge: { dataPoints } }]));
  return { ...page, timesMs };
}

export async function send({ otlp, key }: RunningLive, signal: string, body: Buffer): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-protobuf' };
  const response = await fetch(`${otlp.http}/v1/${signal}`, { method: 'POST', headers, body: new Uint8Array(body) });
  if (!response.ok) throw new Error(`the live view answered ${response.status} ${await response.text()}`);
}
