/**
 * Room intake: a request's bytes into rows, at once or where they are many in a thread.
 *
 * Rings and what fills them: one batch in, all of it that can be read or nothing.
 */

import { LogDecoder } from '../otlp/decode-logs.ts';
import { MetricDecoder } from '../otlp/decode-metrics.ts';
import { TraceDecoder } from '../otlp/decode-traces.ts';
import type { Decoded } from '../otlp/decoder.ts';
import { jsonToProtobuf, type Transcoded } from '../otlp/json-to-protobuf.ts';
import type { MessageName } from '../otlp/schema.ts';
import { Block, owned, type PackedBlock } from '../store/block.ts';
import { type ColumnSpec, LOG_COLUMNS, POINT_COLUMNS, SPAN_COLUMNS } from '../store/columns.ts';
import { copyRows } from '../store/copy-rows.ts';
import { Ledger, type Signal } from '../store/ledger.ts';
import type { RecentSpans } from '../store/recent-spans.ts';
import { type Committed, Ring } from '../store/ring.ts';

/** Bytes that each signal's rings may hold. */
export interface Caps {
  traces: number;
  metrics: number;
  logs: number;
}

/** For who holds nothing for long. */
export const NO_CAPS: Caps = {
  traces: Number.POSITIVE_INFINITY,
  metrics: Number.POSITIVE_INFINITY,
  logs: Number.POSITIVE_INFINITY,
};

/** So many rows that came together stay a block: what each block repeats (names, keys, values) is little beside them. Fewer are copied to others. */
const BLOCK_OF_ITS_OWN = 128;

/** How a request is written. */
export type Format = 'protobuf' | 'json';

/** What became of a request's items. */
export interface Taken {
  held: number;
  rejected: number;
  /** Came before, as far as that is known here. */
  duplicate: number;
  /** Why items were left out; '' where none were. */
  message: string;
}

const MESSAGES = { traces: 'TracesData', metrics: 'MetricsData', logs: 'LogsData' } as const satisfies Record<
  Signal,
  MessageName
>;

export interface Follower {
  spans?(committed: readonly Committed<typeof SPAN_COLUMNS>[]): void;
  logs?(committed: readonly Committed<typeof LOG_COLUMNS>[]): void;
}

export class Intake {
  readonly ledger = new Ledger();
  readonly traces: Ring<typeof SPAN_COLUMNS>;
  readonly metrics: Ring<typeof POINT_COLUMNS>;
  readonly logs: Ring<typeof LOG_COLUMNS>;
  readonly now: () => number;
  private readonly traceDecoder: TraceDecoder;
  private readonly metricDecoder: MetricDecoder;
  private readonly logDecoder: LogDecoder;
  private readonly hears: Follower;

  /**
   * @param hears hears of every batch once it is in
   * @param now milliseconds since 1970
   * @param recent knows the spans that came before; without it none is known
   */
  constructor(caps: Caps, hears: Follower, now: () => number, recent?: RecentSpans) {
    this.now = now;
    this.hears = hears;
    this.traces = new Ring(
      'traces',
      SPAN_COLUMNS,
      caps.traces,
      this.ledger,
      now,
      recent && ((columns, from, to) => recent.nextKnown(columns, from, to)),
    );
    this.metrics = new Ring('metrics', POINT_COLUMNS, caps.metrics, this.ledger, now);
    this.logs = new Ring('logs', LOG_COLUMNS, caps.logs, this.ledger, now);
    this.traceDecoder = new TraceDecoder(this.traces);
    this.metricDecoder = new MetricDecoder(this.metrics);
    this.logDecoder = new LogDecoder(this.logs);
  }

  /**
   * Takes one Export*ServiceRequest.
   * @throws MalformedError, TooLargeError
   */
  take(signal: Signal, bytes: Uint8Array, key: string, format: Format = 'protobuf'): Taken {
    const request = format === 'json' ? jsonToProtobuf(bytes, MESSAGES[signal]) : { bytes, rejected: 0, problem: '' };
    switch (signal) {
      case 'traces':
        return decodeInto(this.traces, this.traceDecoder, request, key, (committed) => this.hears.spans?.(committed));
      case 'logs':
        return decodeInto(this.logs, this.logDecoder, request, key, (committed) => this.hears.logs?.(committed));
      default:
        return decodeInto(this.metrics, this.metricDecoder, request, key);
    }
  }

  /** Takes rows that another thread or process has decoded; returns how many of them had not come before. */
  adopt(signal: Signal, packed: PackedBlock): number {
    const { hears } = this;
    if (signal === 'traces') return takeRows(this.traces, SPAN_COLUMNS, packed, (committed) => hears.spans?.(committed));
    if (signal === 'logs') return takeRows(this.logs, LOG_COLUMNS, packed, (committed) => hears.logs?.(committed));
    return takeRows(this.metrics, POINT_COLUMNS, packed);
  }
}

function decodeInto<C extends ColumnSpec>(
  ring: Ring<C>,
  decoder: { decode(bytes: Uint8Array): Decoded },
  { bytes, rejected: unread, problem }: Transcoded,
  key: string,
  hears?: (committed: readonly Committed<C>[]) => void,
): Taken {
  let decoded: Decoded;
  try {
    decoded = decoder.decode(bytes);
  } catch (error) {
    ring.rollback();
    throw error;
  }
  const { accepted, rejected } = decoded;
  rejected.malformed += unread;
  // What was entered for items that were then left out is not worth keeping.
  if (accepted === 0) ring.rollback();
  const committed = ring.commit(key, rejected);
  hears?.(committed);
  const held = rowsOf(committed);
  return {
    held,
    duplicate: accepted - held,
    rejected: rejected.invalid_id + rejected.malformed,
    message: explain(rejected, problem || decoded.problem),
  };
}

/** What partial_success says. */
function explain({ invalid_id: invalid, malformed }: Decoded['rejected'], problem: string): string {
  const parts = [];
  if (invalid > 0)
    parts.push(`${invalid} left out: a trace id must have 16 bytes and a span id 8, and a span's must not be all zeros`);
  if (malformed > 0) parts.push(`${malformed} left out that cannot be read, the first because ${problem}`);
  return parts.join('; ');
}

function takeRows<C extends ColumnSpec>(
  ring: Ring<C>,
  spec: C,
  packed: PackedBlock,
  hears?: (committed: readonly Committed<C>[]) => void,
): number {
  if (packed.rows >= BLOCK_OF_ITS_OWN) {
    const committed = ring.adopt(owned(packed));
    hears?.(committed);
    return rowsOf(committed);
  }
  let held = 0;
  const block = Block.unpack(spec, packed, 0);
  for (const { key, from, to } of block.shares()) {
    copyRows(block, from, to, () => ring.writable(block.service));
    const committed = ring.commit(key);
    hears?.(committed);
    held += rowsOf(committed);
  }
  return held;
}

const rowsOf = (committed: readonly Committed<ColumnSpec>[]): number =>
  committed.reduce((sum, { from, to }) => sum + to - from, 0);
