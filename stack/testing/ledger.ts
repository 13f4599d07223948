import { SPAN_METRICS } from '../../telemetry/signals.ts';
import type { Addresses } from '../compose/addresses.ts';
import { type Stores, stores } from '../proof/stores.ts';
import { type Sent, SPANS_A_TRACE } from './sender.ts';

/** What each place has of what was acknowledged: fewer is lost, more came twice. */
export interface Found {
  jaeger: number;
  loki: number;
  /** Points in Prometheus. */
  points: number;
  /** Calls by the span metrics, each counter of each worker from zero. */
  calls: number;
  /** Edges of the service graph, the same way. */
  edges: number;
}

/** Asks the stores what they have of a sender's data. */
export async function look(at: Addresses, sent: Sent): Promise<Found> {
  const ask = stores(at);
  const [loki, points, calls, edges, jaeger] = await Promise.all([
    linesOf(ask, sent),
    samples(at, `ledger_tick{job="${sent.service}-a"}[1h]`).then((series) =>
      series.reduce((sum, values) => sum + values.length, 0),
    ),
    samples(at, `${SPAN_METRICS.calls}{service_name=~"${sent.service}-[ab]"}[1h]`).then(increments),
    samples(at, `${SPAN_METRICS.edgeRequests}{client="${sent.service}-a",server="${sent.service}-b"}[1h]`).then(increments),
    traces(ask, sent.traces),
  ]);
  return { jaeger, loki, points, calls, edges };
}

/** What there would be if nothing were lost and nothing came twice. */
export function expected({ traces: { length }, lines, points }: Sent): Found {
  return { jaeger: length, loki: lines, points, calls: length * SPANS_A_TRACE, edges: length };
}

async function linesOf(ask: Stores, { service }: Sent): Promise<number> {
  const [sample] = await ask.logMetric(`sum(count_over_time({service_name="${service}-a"}[1h]))`);
  return Number(sample?.value[1] ?? 0);
}

/** How many of the traces Jaeger has whole. */
async function traces(ask: Stores, ids: string[]): Promise<number> {
  let whole = 0;
  const next = ids.values();
  const worker = async () => {
    for (const id of next) if ((await ask.trace(id)).length === SPANS_A_TRACE) whole += 1;
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return whole;
}

/** Every sample of every series that a range selector finds. */
async function samples(at: Addresses, selector: string): Promise<number[][]> {
  const response = await fetch(`${at.prometheus}/api/v1/query?${new URLSearchParams({ query: selector })}`);
  const { data } = (await response.json()) as { data: { result: { values: [number, string][] }[] } };
  return data.result.map(({ values }) => values.map(([, value]) => Number(value)));
}

/** What counters have counted since zero, through their resets. */
function increments(series: number[][]): number {
  let sum = 0;
  for (const values of series) {
    let before = 0;
    for (const value of values) {
      sum += value >= before ? value - before : value;
      before = value;
    }
  }
  return sum;
}
