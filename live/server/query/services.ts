/** Services, operations, the graph, notable traces, error groups: what is derived, as the API and the stream show it. */
import type { Derived, ServiceState } from '../derive/derive.ts';
import type { ErrorGroup } from '../derive/error-groups.ts';
import type { NodeType } from '../derive/graph.ts';
import { mergeTraces, type NotableTrace } from '../derive/notable.ts';
import type { Red } from '../derive/series.ts';
import { Merged } from '../derive/sketch.ts';

const merged = (): Merged => new Merged();
/** Notable traces shown of each sort. */
const SHOWN = 20;

export interface ServiceRow extends Red {
  service: string;
  spanRate: number;
  logRate: number;
}

export interface History {
  firstSecond: number;
  requests: number[];
  errors: number[];
  p50Ms: number[];
  p99Ms: number[];
}

/** @param now seconds since 1970, with fractions */
export function serviceRows(derived: Derived, now: number, window: number): ServiceRow[] {
  const scratch = merged();
  return byName(derived).map(({ service, requests, spans, logs }) => ({
    service,
    ...requests.red(now, window, scratch, derived.since),
    spanRate: spans.rate(now, window, derived.since),
    logRate: logs.rate(now, window, derived.since),
  }));
}

/** The last `seconds` slots of a service, the running one last. */
export function history({ requests }: Pick<ServiceState, 'requests'>, now: number, seconds: number, scratch = merged()): History {
  const firstSecond = Math.floor(now) - seconds + 1;
  const slots = Array.from({ length: seconds }, (_, i) => requests.slot(firstSecond + i, scratch));
  return {
    firstSecond,
    requests: slots.map((slot) => slot.requests),
    errors: slots.map((slot) => slot.errors),
    p50Ms: slots.map((slot) => slot.p50Ms),
    p99Ms: slots.map((slot) => slot.p99Ms),
  };
}

export interface OperationRow extends Red {
  service: string;
  operation: string;
  kind: string;
}

/** The busiest first. */
export function operationRows(derived: Derived, now: number, window: number, service: string): OperationRow[] {
  const scratch = merged();
  return [...derived.operations.values()]
    .filter((one) => service === '' || one.service === service)
    .map(({ service: of, operation, kind, series }) => ({
      service: of,
      operation,
      kind,
      ...series.red(now, window, scratch, derived.since),
    }))
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.requests - a.requests || a.operation.localeCompare(b.operation));
}

export interface EdgeRow {
  client: string;
  server: string;
  calls: number;
  rate: number;
  errorRate: number;
  p50Ms: number;
  p99Ms: number;
}

export interface NodeRow {
  node: string;
  type: NodeType;
  rate: number;
  errorRate: number;
}

/** Edges with a call in the window, and the nodes that they join beside all services. */
export function topology(derived: Derived, now: number, window: number): { nodes: NodeRow[]; edges: EdgeRow[] } {
  const scratch = merged();
  const nodes = new Map<string, NodeRow>();
  for (const { service, rate, errorRate } of serviceRows(derived, now, window)) {
    // One that sends logs alone, as a database does, is known by its callers.
    if (derived.services.get(service)?.spans.total) nodes.set(service, { node: service, type: 'service', rate, errorRate });
  }
  const edges: EdgeRow[] = [];
  for (const { client, server, series } of derived.graph.all()) {
    const { requests, rate, errorRate, p50Ms, p99Ms } = series.red(now, window, scratch, derived.since);
    if (requests === 0) continue;
    edges.push({ client: client.name, server: server.name, calls: requests, rate, errorRate, p50Ms, p99Ms });
    if (!nodes.has(client.name)) nodes.set(client.name, { node: client.name, type: client.type, rate: 0, errorRate: 0 });
    if (!nodes.has(server.name)) nodes.set(server.name, { node: server.name, type: server.type, rate: 0, errorRate: 0 });
  }
  rateByCallers(nodes.values(), edges);
  return { nodes: [...nodes.values()], edges };
}

/** What sends no spans is known by its callers: its rate is the sum of theirs. */
export function rateByCallers(nodes: Iterable<NodeRow>, edges: readonly EdgeRow[]): void {
  for (const node of nodes) {
    if (node.type === 'service') continue;
    const calls = edges.filter(({ client, server }) => (node.type === 'user' ? client : server) === node.node);
    node.rate = calls.reduce((sum, { rate }) => sum + rate, 0);
    node.errorRate = node.rate === 0 ? 0 : calls.reduce((sum, { rate, errorRate }) => sum + rate * errorRate, 0) / node.rate;
  }
}

export function notable(
  derived: { services: ReadonlyMap<string, Pick<ServiceState, 'service' | 'notable'>> },
  now: number,
  service: string,
): { slowest: NotableTrace[]; failed: NotableTrace[] } {
  const services = byName(derived).filter((one) => service === '' || one.service === service);
  const slowest = mergeTraces(services.flatMap((one) => one.notable.slowest(now)));
  const failed = mergeTraces(services.flatMap((one) => one.notable.latestFailures(now)));
  const errors = new Map(failed.map((trace) => [trace.traceId, trace.errors]));
  return {
    slowest: slowest
      .sort((a, b) => b.durationMs - a.durationMs)
      .slice(0, SHOWN)
      .map((trace) => ({ ...trace, errors: errors.get(trace.traceId) ?? 0 })),
    failed: failed.sort((a, b) => b.startMs + b.durationMs - (a.startMs + a.durationMs)).slice(0, SHOWN),
  };
}

export function errorGroups(derived: Derived, service: string, limit: number): ErrorGroup[] {
  return derived.errorGroups.latest(service).slice(0, limit);
}

export function byName<S extends { service: string }>({ services }: { services: ReadonlyMap<string, S> }): S[] {
  return [...services.values()].sort((a, b) => a.service.localeCompare(b.service));
}
