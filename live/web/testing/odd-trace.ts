/** Traces that a well-behaved shop does not make, as OTLP JSON. */
import type { RunningLive } from '../../server/main.ts';

interface OddSpan {
  id: string;
  parent?: string;
  service: string;
  name: string;
  /** From the trace's start. */
  startMs: number;
  durationMs: number;
  failed?: boolean;
}

/** A parent that never came, a server whose clock is five seconds behind, a failed span, and markup in a name. */
export const ODD_SPANS: readonly OddSpan[] = [
  { id: 'a1', service: 'gateway', name: 'GET /odd', startMs: 0, durationMs: 100 },
  { id: 'a2', parent: 'a1', service: 'behind', name: 'POST /behind', startMs: -5_000, durationMs: 40, failed: true },
  { id: 'a3', parent: 'ff', service: 'gateway', name: 'lost child', startMs: 20, durationMs: 10 },
  { id: 'a4', parent: 'a1', service: 'gateway', name: '<img src=x onerror=alert(1)>', startMs: 60, durationMs: 10 },
];

/** A root with `count - 1` spans below it in chains of ten, one in a hundred failed. */
export function bigTrace(count: number): OddSpan[] {
  const id = (i: number) => (i + 1).toString(16);
  return Array.from({ length: count }, (_, i) => ({
    id: id(i),
    parent: i === 0 ? undefined : id(i % 10 === 1 ? 0 : i - 1),
    service: `worker-${i % 5}`,
    name: i === count - 1 ? 'the very last' : `step ${i % 50}`,
    startMs: i === 0 ? 0 : (i / count) * 900,
    durationMs: i === 0 ? 1000 : 100 - (i % 10) * 9,
    failed: i % 100 === 50,
  }));
}

/** Sends spans of one trace; returns its id. */
export async function sendTrace(
  { otlp, key }: RunningLive,
  traceId: string,
  spans: readonly OddSpan[],
  batch = 10_000,
): Promise<string> {
  const start = BigInt(Date.now() - 2_000) * 1_000_000n;
  const nano = (ms: number) => String(start + BigInt(Math.round(ms * 1e6)));
  for (let from = 0; from < spans.length; from += batch) {
    const byService = new Map<string, OddSpan[]>();
    for (const span of spans.slice(from, from + batch))
      byService.set(span.service, [...(byService.get(span.service) ?? []), span]);
    const resourceSpans = [...byService].map(([service, of]) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [
        {
          scope: { name: 'test' },
          spans: of.map(({ id, parent, name, startMs, durationMs, failed }) => ({
            traceId,
            spanId: id.padStart(16, '0'),
            parentSpanId: parent?.padStart(16, '0') ?? '',
            name,
            kind: parent === undefined ? 2 : 1,
            startTimeUnixNano: nano(startMs),
            endTimeUnixNano: nano(startMs + durationMs),
            status: failed ? { code: 2, message: 'it failed' } : {},
          })),
        },
      ],
    }));
    const response = await fetch(`${otlp.http}/v1/traces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans }),
    });
    if (!response.ok) throw new Error(`the live view answered ${response.status} ${await response.text()}`);
  }
  return traceId;
}
