/**
 * Room derive: numbers made once as rows come in, so that no query walks the rows for them.
 *
 * Made of rows as they are committed: rates, durations, the service graph, notable traces, error groups.
 */

import { durationNanos, idText, timeMs, valueUnder } from '../otlp/values.ts';
import { NO_VALUE } from '../store/attribute-sets.ts';
import type { SpanBlock } from '../store/block.ts';
import type { LOG_COLUMNS, SPAN_COLUMNS } from '../store/columns.ts';
import { type Committed, OTHER_SERVICES } from '../store/ring.ts';
import { Wire } from '../store/wire.ts';
import { clippedString, clippedValue } from './clipped.ts';
import { ErrorGroups } from './error-groups.ts';
import { Graph, type GraphNode, type NodeType } from './graph.ts';
import { Notable, type NotableTrace } from './notable.ts';
import { KINDS, type KnownOperations, Operations } from './operations.ts';
import { Counter, RETENTION_SECONDS, Series, slotSecond } from './series.ts';
import { bucketOf } from './sketch.ts';

const SERVER = KINDS.indexOf('server');
const CLIENT = KINDS.indexOf('client');
const PRODUCER = KINDS.indexOf('producer');
const CONSUMER = KINDS.indexOf('consumer');
const STATUS_ERROR = 2;

/** Keys that name what a client span calls. */
export const DB_SYSTEM = ['db.system.name', 'db.system'].map((key) => new Wire(Buffer.from(key)));
export const MESSAGING_SYSTEM = new Wire(Buffer.from('messaging.system'));

/** Failed spans of one service and second that are looked at one by one: a flood of errors must not cost more than the rest. */
const MAX_FAILED_PER_SECOND = 500;
export const MAX_SERVICES = 500;

export interface ServiceState {
  readonly service: string;
  readonly node: GraphNode;
  readonly requests: Series;
  readonly spans: Counter;
  readonly logs: Counter;
  readonly notable: Notable;
  readonly failed: Counter;
  /** Error lines. */
  readonly toldApart: Counter;
}

/** What a block's ids mean here, looked up once. */
interface SpanCache {
  service: ServiceState;
  operations: KnownOperations;
  /** What spans call, by ref * 2 of the value that names it, and one more for a database. */
  called: Map<number, GraphNode | undefined>;
  /** Ids of the keys that name a database or a broker, as far as the block has them: looked up anew for each batch. */
  keys: { database: number[]; broker: number };
}

export class Derived {
  readonly services = new Map<string, ServiceState>();
  readonly operations = new Operations();
  readonly graph = new Graph();
  readonly errorGroups = new ErrorGroups();
  /** The second in which data began to come. */
  since = Number.POSITIVE_INFINITY;
  /** Spans that ended too long ago to count in what is shown as now. */
  tooOld = 0;
  /** Goes up with every batch: what is drawn from the same version is the same. */
  version = 0;
  private readonly now: () => number;
  private caches = new WeakMap<SpanBlock, SpanCache>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.now = now;
  }

  spans({ block, from, to }: Committed<typeof SPAN_COLUMNS>): void {
    this.version++;
    const now = Math.floor(this.now() / 1000);
    this.since = Math.min(this.since, now);
    const cache = this.cacheOf(block);
    const { service } = cache;
    const { columns, dictionary } = block;
    cache.keys = { database: DB_SYSTEM.map((key) => dictionary.lookUp(key)), broker: dictionary.lookUp(MESSAGING_SYSTEM) };
    service.spans.add(now, to - from);
    // Nearly all that is looked up in the graph is the parent of a span that was called.
    this.graph.fetch(columns.parent, from, to);
    for (let row = from; row < to; row++) {
      const ended = (columns.end[row * 2 + 1] as number) * 4.294967296 + (columns.end[row * 2] as number) / 1e9;
      const second = slotSecond(Math.floor(ended), now);
      if (second < 0) {
        this.tooOld++;
        continue;
      }
      const meta = columns.meta[row] as number;
      const kind = meta & 15;
      const error = meta >>> 4 === STATUS_ERROR;
      const nanos = durationNanos(columns.start, columns.end, row);
      const bucket = bucketOf(nanos);
      const parentLow = columns.parent[row * 2] as number;
      const parentHigh = columns.parent[row * 2 + 1] as number;
      const root = parentLow === 0 && parentHigh === 0;
      const name = columns.name[row] as number;
      const operation = this.operations.find(cache.operations, block, service.service, name, kind, now);
      operation.series.add(second, bucket, nanos, error);
      if (kind === SERVER || kind === CONSUMER || root) {
        service.requests.add(second, bucket, nanos, error);
        if (nanos / 1e6 > service.notable.threshold(second)) service.notable.slow(second, notableTrace(block, row, nanos));
      }
      if (kind === SERVER || kind === CONSUMER) {
        this.graph.server(parentLow, parentHigh, service.node, second, bucket, nanos, error);
      } else if (kind === CLIENT || kind === PRODUCER) {
        this.callFrom(cache, block, row, second, bucket, nanos, error);
      }
      if (error && service.failed.add(now, 1) <= MAX_FAILED_PER_SECOND) {
        service.notable.failed(notableTrace(block, row, nanos));
      }
    }
  }

  logs(committed: Committed<typeof LOG_COLUMNS>): void {
    const { block, from, to } = committed;
    this.version++;
    const now = Math.floor(this.now() / 1000);
    this.since = Math.min(this.since, now);
    const service = this.serviceOf(block.service);
    service.logs.add(now, to - from);
    this.errorGroups.addAll(committed, now, service.toldApart);
  }

  /** Once a second: lets go of what nothing was heard of for as long as the slots reach. */
  sweep(): void {
    const now = Math.floor(this.now() / 1000);
    const oldest = now - RETENTION_SECONDS;
    this.version++;
    this.graph.sweep(now, oldest);
    const before = this.services.size;
    const gone = this.operations.sweep(oldest);
    for (const [name, { spans, logs }] of this.services) {
      if (spans.lastSecond < oldest && logs.lastSecond < oldest) this.services.delete(name);
    }
    if (gone || this.services.size !== before) this.caches = new WeakMap();
  }

  /** What it holds in memory, by and large. */
  get bytes(): number {
    let bytes = this.graph.bytes;
    for (const { requests } of this.services.values()) bytes += requests.bytes;
    for (const { series } of this.operations.values()) bytes += series.bytes;
    return bytes;
  }

  private cacheOf(block: SpanBlock): SpanCache {
    let cache = this.caches.get(block);
    if (cache === undefined) {
      cache = {
        service: this.serviceOf(block.service),
        operations: new Map(),
        called: new Map(),
        keys: { database: [], broker: -1 },
      };
      this.caches.set(block, cache);
    }
    return cache;
  }

  private serviceOf(name: string): ServiceState {
    const known = this.services.get(name);
    if (known !== undefined) return known;
    if (this.services.size >= MAX_SERVICES && name !== OTHER_SERVICES) return this.serviceOf(OTHER_SERVICES);
    const state: ServiceState = {
      service: name,
      node: this.graph.node(name, 'service'),
      requests: new Series(),
      spans: new Counter(),
      logs: new Counter(),
      notable: new Notable(),
      failed: new Counter(),
      toldApart: new Counter(),
    };
    this.services.set(name, state);
    return state;
  }

  /** A client or producer span: calls a database or broker where it says so, else waits for the service that it called. */
  private callFrom(
    cache: SpanCache,
    block: SpanBlock,
    row: number,
    second: number,
    bucket: number,
    nanos: number,
    error: boolean,
  ): void {
    const { columns } = block;
    const { keys, service } = cache;
    const { node } = service;
    const set = columns.attributes[row] as number;
    let server: GraphNode | undefined;
    for (const key of keys.database) server ??= this.called(cache, block, set, key, 'database');
    server ??= this.called(cache, block, set, keys.broker, 'messaging');
    if (server !== undefined) {
      this.graph.call(node, server, second, bucket, nanos, error);
    } else {
      this.graph.client(columns.span[row * 2] as number, columns.span[row * 2 + 1] as number, node, second, bucket, nanos, error);
    }
  }

  /** What a set names under `key`, the id of an attribute's key (-1 for none); undefined where it names nothing. */
  private called({ called }: SpanCache, block: SpanBlock, set: number, key: number, type: NodeType): GraphNode | undefined {
    const ref = key < 0 ? NO_VALUE : valueUnder(block, set, key);
    if (ref === NO_VALUE) return undefined;
    const known = ref * 2 + (type === 'database' ? 1 : 0);
    if (!called.has(known)) {
      const name = clippedValue(block, ref);
      called.set(known, name === '' ? undefined : this.graph.node(name, type));
    }
    return called.get(known);
  }
}

export function notableTrace(block: SpanBlock, row: number, nanos: number): NotableTrace {
  return {
    traceId: idText(block.columns.trace, row, 4),
    service: block.service,
    operation: clippedString(block, block.columns.name[row] as number),
    startMs: timeMs(block.columns.start, row),
    durationMs: nanos / 1e6,
    errors: 0,
  };
}
