/** All that the live view holds: rings, ledger, and what is derived from them. One batch in, then whoever follows hears of it. */
import { Backlog } from '../derive/backlog.ts';
import { Derived } from '../derive/derive.ts';
import { Counter } from '../derive/series.ts';
import type { DecodedRows } from '../intake/decode-thread.ts';
import { type Caps, type Follower, type Format, Intake, type Taken } from '../intake/intake.ts';
import type { PackedBlock } from '../store/block.ts';
import type { Refusal, Signal, Transport } from '../store/ledger.ts';
import { RecentSpans } from '../store/recent-spans.ts';
import { inSlices, type Steps } from '../store/slices.ts';
import type { ConnectionRow } from './connection-counts.ts';
import type { Parcel } from './parcel.ts';

/** Of the spans' cap: what is spent besides to know those that come twice, about as many as the rings hold. */
const PART_FOR_RECENT = 1 / 8;

export class Live extends Intake {
  readonly derived: Derived;
  readonly followers: Set<Follower>;
  readonly taken: Record<Signal, Counter> = { traces: new Counter(), metrics: new Counter(), logs: new Counter() };
  readonly takenBytes = new Counter();
  /** Of every listener and process. */
  connections: () => readonly ConnectionRow[] = () => [];

  /** @param now milliseconds since 1970 */
  constructor(caps: Caps, now: () => number = Date.now) {
    const derived = new Derived(now);
    const followers = new Set<Follower>();
    const backlog = new Backlog();
    const hears: Follower = {
      spans(committed) {
        backlog.add(committed, (one) => derived.spans(one));
        for (const follower of followers) follower.spans?.(committed);
      },
      logs(committed) {
        backlog.add(committed, (one) => derived.logs(one));
        for (const follower of followers) follower.logs?.(committed);
      },
    };
    super(caps, hears, now, new RecentSpans(caps.traces * PART_FOR_RECENT));
    this.derived = derived;
    this.followers = followers;
  }

  /**
   * Takes one Export*ServiceRequest, all of it that can be read or nothing.
   * @throws MalformedError, TooLargeError
   */
  override take(signal: Signal, bytes: Uint8Array, key: string, format?: Format): Taken {
    const taken = super.take(signal, bytes, key, format);
    this.count(signal, taken.held, bytes.length);
    return taken;
  }

  /** Takes what a thread has decoded of a request of so many bytes, a block at a time, so that nothing else waits for all of it. */
  async store(signal: Signal, { blocks, rejected, message, ledger }: DecodedRows, bytes: number, key: string): Promise<Taken> {
    let rows = 0;
    const held = await inSlices(this.adopting(signal, blocks), { owner: key });
    for (const block of blocks) rows += block.rows;
    this.ledger.add(ledger);
    this.takenBytes.add(Math.floor(this.now() / 1000), bytes);
    return { held, rejected, duplicate: rows - held, message };
  }

  private *adopting(signal: Signal, blocks: readonly PackedBlock[]): Steps<number> {
    let held = 0;
    for (const block of blocks) {
      const fresh = this.adopt(signal, block);
      this.count(signal, fresh, 0);
      held += fresh;
      yield;
    }
    return held;
  }

  /** Counts a whole request that was answered. */
  request(signal: Signal, transport: Transport, key: string | null, refusal?: Refusal): void {
    this.ledger.request(signal, transport, key, refusal);
  }

  /** Takes what another process has received and decoded. */
  receive({ blocks, bytes, ledger }: Parcel): void {
    for (const { signal, block } of blocks) {
      this.count(signal, this.adopt(signal, block), 0);
    }
    this.takenBytes.add(Math.floor(this.now() / 1000), bytes);
    this.ledger.add(ledger);
  }

  private count(signal: Signal, items: number, bytes: number): void {
    const second = Math.floor(this.now() / 1000);
    this.taken[signal].add(second, items);
    this.takenBytes.add(second, bytes);
  }
}
