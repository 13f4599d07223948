/** An interval's services, operations, graph, notable traces and error groups: the same rows as services.ts makes of what is derived. */
import type { ErrorGroup } from '../derive/error-groups.ts';
import type { NotableTrace } from '../derive/notable.ts';
import { Merged } from '../derive/sketch.ts';
import type { Live } from '../receive/live.ts';
import { inSlices } from '../store/slices.ts';
import { type Past, pastSteps, STRETCHES } from './past.ts';
import {
  byName,
  type EdgeRow,
  type History,
  type NodeRow,
  notable,
  type OperationRow,
  rateByCallers,
  type ServiceRow,
} from './services.ts';

/** A page asks for all parts of an interval at once, and again while more may come into it: they are counted once in so long. */
const KEPT_MS = 1_000;

interface Kept {
  name: string;
  counted: Promise<Past>;
  madeAt: number;
}
const kept = new WeakMap<Live, Kept>();

/**
 * What the rows of an interval come to, in slices; one interval after the other, so that those who ask for many wait for each other and nobody else for
 * them.
 * @param fromMs NaN for the oldest row held; `toMs` NaN for now
 */
export function pastOf(live: Live, fromMs: number, toMs: number): Promise<Past> {
  const before = kept.get(live);
  const name = `${fromMs} ${toMs}`;
  if (before?.name === name && performance.now() - before.madeAt < KEPT_MS) return before.counted;
  const one: Kept = {
    name,
    madeAt: Number.POSITIVE_INFINITY,
    counted: Promise.resolve(before?.counted)
      .catch(() => undefined)
      .then(() => inSlices(pastSteps(live, fromMs, toMs)))
      .finally(() => {
        one.madeAt = performance.now();
        setTimeout(() => kept.get(live) === one && kept.delete(live), KEPT_MS).unref();
      }),
  };
  kept.set(live, one);
  return one.counted;
}

/** Services with spans or log records in the interval. */
export function pastServices(past: Past): (ServiceRow & { history: History & { stepSeconds: number } })[] {
  const merged = new Merged();
  const { seconds } = past;
  const logsOf = (service: string): number => past.logs.services.get(service)?.logs.total ?? 0;
  const quiet = [...past.logs.services.keys()].filter((service) => !past.services.has(service));
  const rows = byName(past)
    .filter(({ service, spans }) => spans > 0 || logsOf(service) > 0)
    .map(({ service, all, stretches, spans }) => ({
      service,
      ...all.red(seconds, merged),
      spanRate: spans / seconds,
      logRate: logsOf(service) / seconds,
      history: historyOf(
        past,
        Array.from({ length: STRETCHES }, (_, i) => stretches[i]?.red(1, merged)),
      ),
    }));
  const none = { requests: 0, errors: 0, rate: 0, errorRate: 0, p50Ms: Number.NaN, p90Ms: Number.NaN, p99Ms: Number.NaN };
  for (const service of quiet) {
    const history = historyOf(past, new Array(STRETCHES).fill(undefined));
    rows.push({ service, ...none, inFlight: 0, spanRate: 0, logRate: logsOf(service) / seconds, history });
  }
  return rows.sort((a, b) => a.service.localeCompare(b.service));
}

type Stretch = Pick<ServiceRow, 'requests' | 'errors' | 'p50Ms' | 'p99Ms'>;

function historyOf({ fromMs, seconds }: Past, stretches: readonly (Stretch | undefined)[]): History & { stepSeconds: number } {
  return {
    firstSecond: Math.floor(fromMs / 1000),
    stepSeconds: seconds / STRETCHES,
    requests: stretches.map((one) => one?.requests ?? 0),
    errors: stretches.map((one) => one?.errors ?? 0),
    p50Ms: stretches.map((one) => one?.p50Ms ?? Number.NaN),
    p99Ms: stretches.map((one) => one?.p99Ms ?? Number.NaN),
  };
}

/** The busiest first. */
export function pastOperations(past: Past, service: string): OperationRow[] {
  const merged = new Merged();
  return [...past.operations.values()]
    .filter((one) => service === '' || one.service === service)
    .map(({ service: of, operation, kind, tally }) => ({ service: of, operation, kind, ...tally.red(past.seconds, merged) }))
    .sort((a, b) => b.requests - a.requests || a.operation.localeCompare(b.operation));
}

export function pastTopology(past: Past): { nodes: NodeRow[]; edges: EdgeRow[] } {
  const merged = new Merged();
  const nodes = new Map<string, NodeRow>();
  for (const { service, spans, all } of past.services.values()) {
    const { rate, errorRate } = all.red(past.seconds, merged);
    if (spans > 0) nodes.set(service, { node: service, type: 'service', rate, errorRate });
  }
  const edges: EdgeRow[] = [];
  for (const { client, server, tally } of past.calls.edges.values()) {
    const { requests: calls, rate, errorRate, p50Ms, p99Ms } = tally.red(past.seconds, merged);
    edges.push({ client: client.name, server: server.name, calls, rate, errorRate, p50Ms, p99Ms });
    for (const { name, type } of [client, server])
      if (!nodes.has(name)) nodes.set(name, { node: name, type, rate: 0, errorRate: 0 });
  }
  rateByCallers(nodes.values(), edges);
  return { nodes: [...nodes.values()], edges };
}

export const pastNotable = (past: Past, service: string): { slowest: NotableTrace[]; failed: NotableTrace[] } =>
  notable(past, past.fromMs / 1000, service);

/** The latest first. */
export function pastErrors(past: Past, service: string, limit: number): ErrorGroup[] {
  return past.logs.errorGroups
    .latest(service)
    .sort((a, b) => b.lastMs - a.lastMs)
    .slice(0, limit);
}
