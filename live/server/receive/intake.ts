/** Rings and what fills them: one batch in, all of it or nothing. */

import { LogDecoder } from '../otlp/decode-logs.ts';
import { MetricDecoder } from '../otlp/decode-metrics.ts';
import { TraceDecoder } from '../otlp/decode-traces.ts';
import { Block, owned, type PackedBlock } from '../store/block.ts';
import { type ColumnSpec, LOG_COLUMNS, POINT_COLUMNS, SPAN_COLUMNS } from '../store/columns.ts';
import { copyRows } from '../store/copy-rows.ts';
import { Ledger, type Signal } from '../store/ledger.ts';
import { type Committed, Ring } from '../store/ring.ts';

/** Bytes that each signal's rings may hold. */
export interface Caps {
  traces: number;
  metrics: number;
  logs: number;
}

/** So many rows that came together stay a block: what each block repeats (names, keys, values) is little beside them. Fewer are copied to others. */
const BLOCK_OF_ITS_OWN = 128;

/** Why items were left out of a batch that was otherwise taken. */
const INVALID_ID = 'invalid_id';

export interface Taken {
  held: number;
  rejected: number;
}

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
   */
  constructor(caps: Caps, hears: Follower, now: () => number) {
    this.now = now;
    this.hears = hears;
    this.traces = new Ring('traces', SPAN_COLUMNS, caps.traces, this.ledger, now);
    this.metrics = new Ring('metrics', POINT_COLUMNS, caps.metrics, this.ledger, now);
    this.logs = new Ring('logs', LOG_COLUMNS, caps.logs, this.ledger, now);
    this.traceDecoder = new TraceDecoder(this.traces);
    this.metricDecoder = new MetricDecoder(this.metrics);
    this.logDecoder = new LogDecoder(this.logs);
  }

  /**
   * Takes one Export*ServiceRequest in protobuf.
   * @throws MalformedError, TooManyItemsError
   */
  take(signal: Signal, bytes: Uint8Array, key: string): Taken {
    switch (signal) {
      case 'traces':
        return decodeInto(this.traces, this.traceDecoder, bytes, key, (committed) => this.hears.spans?.(committed));
      case 'logs':
        return decodeInto(this.logs, this.logDecoder, bytes, key, (committed) => this.hears.logs?.(committed));
      default:
        return decodeInto(this.metrics, this.metricDecoder, bytes, key);
    }
  }

  /** Takes rows that another process has decoded. */
  adopt(signal: Signal, packed: PackedBlock): void {
    const { hears } = this;
    if (signal === 'traces') takeRows(this.traces, SPAN_COLUMNS, packed, (committed) => hears.spans?.(committed));
    else if (signal === 'logs') takeRows(this.logs, LOG_COLUMNS, packed, (committed) => hears.logs?.(committed));
    else takeRows(this.metrics, POINT_COLUMNS, packed);
  }
}

function decodeInto<C extends ColumnSpec>(
  ring: Ring<C>,
  decoder: { decode(bytes: Uint8Array): { accepted: number; rejected: number } },
  bytes: Uint8Array,
  key: string,
  hears?: (committed: readonly Committed<C>[]) => void,
): Taken {
  let decoded: { accepted: number; rejected: number };
  try {
    decoded = decoder.decode(bytes);
  } catch (error) {
    ring.rollback();
    throw error;
  }
  const committed = ring.commit(key, decoded.rejected, INVALID_ID);
  hears?.(committed);
  return { held: decoded.accepted, rejected: decoded.rejected };
}

function takeRows<C extends ColumnSpec>(
  ring: Ring<C>,
  spec: C,
  packed: PackedBlock,
  hears?: (committed: readonly Committed<C>[]) => void,
): void {
  if (packed.rows >= BLOCK_OF_ITS_OWN) {
    const committed = ring.adopt(owned(packed));
    hears?.(committed);
    return;
  }
  const block = Block.unpack(spec, packed, 0);
  for (const { key, from, to } of block.shares()) {
    copyRows(block, from, to, () => ring.writable(block.service));
    const committed = ring.commit(key, 0, INVALID_ID);
    hears?.(committed);
  }
}
