/** All that the live view holds: rings, ledger, and what is derived from them. One batch in, then whoever follows hears of it. */
import { LOG_COLUMNS, POINT_COLUMNS, SPAN_COLUMNS } from './block.ts';
import { LogDecoder } from './decode-logs.ts';
import { MetricDecoder } from './decode-metrics.ts';
import { TraceDecoder } from './decode-traces.ts';
import { Derived } from './derive.ts';
import { Ledger, type Signal } from './ledger.ts';
import { type Committed, Ring } from './ring.ts';
import { Counter } from './series.ts';

/** Bytes that each signal's rings may hold. */
export interface Caps {
  traces: number;
  metrics: number;
  logs: number;
}

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

export class Live {
  readonly ledger = new Ledger();
  readonly traces: Ring<typeof SPAN_COLUMNS>;
  readonly metrics: Ring<typeof POINT_COLUMNS>;
  readonly logs: Ring<typeof LOG_COLUMNS>;
  readonly derived: Derived;
  readonly followers = new Set<Follower>();
  readonly taken: Record<Signal, Counter> = { traces: new Counter(), metrics: new Counter(), logs: new Counter() };
  readonly takenBytes = new Counter();
  readonly now: () => number;
  private readonly traceDecoder: TraceDecoder;
  private readonly metricDecoder: MetricDecoder;
  private readonly logDecoder: LogDecoder;

  /** @param now milliseconds since 1970 */
  constructor(caps: Caps, now: () => number = Date.now) {
    this.now = now;
    this.traces = new Ring('traces', SPAN_COLUMNS, caps.traces, this.ledger, now);
    this.metrics = new Ring('metrics', POINT_COLUMNS, caps.metrics, this.ledger, now);
    this.logs = new Ring('logs', LOG_COLUMNS, caps.logs, this.ledger, now);
    this.derived = new Derived(now);
    this.traceDecoder = new TraceDecoder(this.traces);
    this.metricDecoder = new MetricDecoder(this.metrics);
    this.logDecoder = new LogDecoder(this.logs);
  }

  /**
   * Takes one Export*ServiceRequest in protobuf, all of it or nothing.
   * @throws MalformedError, TooManyItemsError
   */
  take(signal: Signal, bytes: Uint8Array, key: string): Taken {
    switch (signal) {
      case 'traces': {
        const { taken, committed } = takeInto(this.traces, this.traceDecoder, bytes, key);
        for (const one of committed) this.derived.spans(one);
        for (const follower of this.followers) follower.spans?.(committed);
        return this.count(signal, bytes, taken);
      }
      case 'logs': {
        const { taken, committed } = takeInto(this.logs, this.logDecoder, bytes, key);
        for (const one of committed) this.derived.logs(one);
        for (const follower of this.followers) follower.logs?.(committed);
        return this.count(signal, bytes, taken);
      }
      default:
        return this.count(signal, bytes, takeInto(this.metrics, this.metricDecoder, bytes, key).taken);
    }
  }

  private count(signal: Signal, bytes: Uint8Array, taken: Taken): Taken {
    const second = Math.floor(this.now() / 1000);
    this.taken[signal].add(second, taken.held);
    this.takenBytes.add(second, bytes.length);
    return taken;
  }
}

function takeInto<C extends Record<string, number>>(
  ring: Ring<C>,
  decoder: { decode(bytes: Uint8Array): { accepted: number; rejected: number } },
  bytes: Uint8Array,
  key: string,
): { taken: Taken; committed: Committed<C>[] } {
  let decoded: { accepted: number; rejected: number };
  try {
    decoded = decoder.decode(bytes);
  } catch (error) {
    ring.rollback();
    throw error;
  }
  const committed = ring.commit(key, decoded.rejected, INVALID_ID);
  return { taken: { held: decoded.accepted, rejected: decoded.rejected }, committed };
}
