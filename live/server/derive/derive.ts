/**
 * Room derive: numbers made once as rows come in, so that no query walks the rows for them.
 *
 * Made of rows as they are committed: rates, durations, the service graph, notable traces, error groups.
 */

import { durationNanos, idText, timeMs, valueText, valueUnder } from '../otlp/values.ts';
import { NO_VALUE } from '../store/attribute-sets.ts';
import type { Block, LogBlock, SpanBlock } from '../store/block.ts';
import type { ColumnSpec, LOG_COLUMNS, SPAN_COLUMNS } from '../store/columns.ts';
import { type Committed, OTHER_SERVICES } from '../store/ring.ts';
import { Wire } from '../store/wire.ts';
import { ErrorGroups } from './error-groups.ts';
import { Graph, type GraphNode } from './graph.ts';
import { LogText } from './log-text.ts';
import { Notable, type NotableTrace } from './notable.ts';
import { Counter, RETENTION_SECONDS, Series, slotSecond } from './series.ts';
import { bucketOf } from './sketch.ts';

/** Index = OTLP's span kind. */
export const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const SERVER = KINDS.indexOf('server');
const CLIENT = KINDS.indexOf('client');
const PRODUCER = KINDS.indexOf('producer');
const CONSUMER = KINDS.indexOf('consumer');
const STATUS_ERROR = 2;
const SEVERITY_ERROR = 17;

const DB_SYSTEM = ['db.system.name', 'db.system'].map((key) => new Wire(Buffer.from(key)));
const MESSAGING_SYSTEM = new Wire(Buffer.from('messaging.system'));

/** Failed spans of one service and second that are looked at one by one: a flood of errors must not cost more than the rest. */
const MAX_FAILED_PER_SECOND = 500;
/** Characters of a group's sample: /api/logs has the whole. */
const MOST_SAMPLE = 2 ** 14;
const MAX_SERVICES = 500;
const MAX_OPERATIONS = 1000;
const OTHER_OPERATIONS = '(other operations)';

export interface ServiceState {
  readonly service: string;
  readonly node: GraphNode;
  readonly requests: Series;
  readonly spans: Counter;
  readonly logs: Counter;
  readonly notable: Notable;
  readonly failed: Counter;
}

interface OperationState {
  readonly service: string;
  readonly operation: string;
  readonly kind: (typeof KINDS)[number];
  readonly series: Series;
}

/** What a block's ids mean here, looked up once. */
interface SpanCache {
  service: ServiceState;
  /** By name id * 8 + kind. */
  operations: Map<number, OperationState>;
  /** Ids of the keys that name a database or a broker, as far as the block has them: looked up anew for each batch. */
  keys: { database: number[]; broker: number };
}

export class Derived {
  readonly services = new Map<string, ServiceState>();
  readonly operations = new Map<string, OperationState>();
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
      this.operationOf(cache, block, columns.name[row] as number, kind).series.add(second, bucket, nanos, error);
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

  logs({ block, from, to }: Committed<typeof LOG_COLUMNS>): void {
    this.version++;
    const now = Math.floor(this.now() / 1000);
    this.since = Math.min(this.since, now);
    this.serviceOf(block.service).logs.add(now, to - from);
    const { columns } = block;
    const text = new LogText(block);
    for (let row = from; row < to; row++) {
      if ((columns.severity[row] as number) < SEVERITY_ERROR) continue;
      this.errorGroups.add(block.service, text.exceptionType(row) || text.eventName(row), logTimeMs(block, row), {
        body: text.of(row, MOST_SAMPLE),
        traceId: idText(columns.trace, row, 4),
        spanId: idText(columns.span, row, 2),
      });
    }
  }

  /** Once a second: lets go of what nothing was heard of for as long as the slots reach. */
  sweep(): void {
    const now = Math.floor(this.now() / 1000);
    const oldest = now - RETENTION_SECONDS;
    this.version++;
    this.graph.sweep(now, oldest);
    const before = this.operations.size + this.services.size;
    for (const [name, { series }] of this.operations) if (series.lastSecond < oldest) this.operations.delete(name);
    for (const [name, { spans, logs }] of this.services) {
      if (spans.lastSecond < oldest && logs.lastSecond < oldest) this.services.delete(name);
    }
    if (this.operations.size + this.services.size !== before) this.caches = new WeakMap();
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
      cache = { service: this.serviceOf(block.service), operations: new Map(), keys: { database: [], broker: -1 } };
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
    };
    this.services.set(name, state);
    return state;
  }

  private operationOf(cache: SpanCache, block: SpanBlock, name: number, kind: number): OperationState {
    const key = name * 8 + kind;
    let state = cache.operations.get(key);
    if (state === undefined) {
      state = this.operation(cache.service.service, block.dictionary.text(name), kind);
      cache.operations.set(key, state);
    }
    return state;
  }

  private operation(service: string, operation: string, kind: number): OperationState {
    const key = `${service}\n${operation}\n${kind}`;
    const known = this.operations.get(key);
    if (known !== undefined) return known;
    if (this.operations.size >= MAX_OPERATIONS && operation !== OTHER_OPERATIONS) {
      return this.operation(OTHER_SERVICES, OTHER_OPERATIONS, 0);
    }
    const state = { service, operation, kind: KINDS[kind] ?? 'unspecified', series: new Series() };
    this.operations.set(key, state);
    return state;
  }

  /** A client or producer span: calls a database or broker where it says so, else waits for the service that it called. */
  private callFrom(
    { keys, service: { node } }: SpanCache,
    block: SpanBlock,
    row: number,
    second: number,
    bucket: number,
    nanos: number,
    error: boolean,
  ): void {
    const { columns } = block;
    const set = columns.attributes[row] as number;
    const database = keys.database.map((key) => textUnder(block, set, key)).find((text) => text !== '') ?? '';
    const broker = database === '' ? textUnder(block, set, keys.broker) : '';
    if (database !== '' || broker !== '') {
      const server = database !== '' ? this.graph.node(database, 'database') : this.graph.node(broker, 'messaging');
      this.graph.call(node, server, second, bucket, nanos, error);
    } else {
      this.graph.client(columns.span[row * 2] as number, columns.span[row * 2 + 1] as number, node, second, bucket, nanos, error);
    }
  }
}

/** When a log record happened; where it does not say, when it was observed. */
export function logTimeMs({ columns }: LogBlock, row: number): number {
  return timeMs(columns.time, row) || timeMs(columns.observed, row);
}

function textUnder(block: Block<ColumnSpec>, set: number, key: number): string {
  const ref = key < 0 ? NO_VALUE : valueUnder(block, set, key);
  return ref === NO_VALUE ? '' : valueText(block, ref);
}

function notableTrace(block: SpanBlock, row: number, nanos: number): NotableTrace {
  return {
    traceId: idText(block.columns.trace, row, 4),
    service: block.service,
    operation: block.dictionary.text(block.columns.name[row] as number),
    startMs: timeMs(block.columns.start, row),
    durationMs: nanos / 1e6,
    errors: 0,
  };
}
