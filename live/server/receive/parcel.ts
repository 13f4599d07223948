/** What an ingest worker sends to the process that holds everything: the rows of one turn of its event loop, decoded, and what it counted. */

import type { DecodedRows } from '../intake/decode-thread.ts';
import { type Format, Intake, NO_CAPS, type Taken } from '../intake/intake.ts';
import type { PackedBlock } from '../store/block.ts';
import type { LedgerPart, Refusal, Signal, Transport } from '../store/ledger.ts';
import { SIGNALS } from '../store/ledger.ts';
import { RefusedError } from './response.ts';

export interface Parcel {
  blocks: { signal: Signal; block: PackedBlock }[];
  /** Of the requests, unpacked. */
  bytes: number;
  /** What each key has sent, for the limits of the other workers. */
  spent: Record<string, number>;
  ledger: LedgerPart;
}

/** Unpacked bytes of requests that may wait to be sent on; beyond that senders are told to come back. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;
const RETRY_MS = 1000;

/** Takes requests as the live view itself does, and answers them once they are on their way to it: what was acknowledged is counted there. */
export class Parcels {
  readonly now = Date.now;
  private readonly intake = new Intake(NO_CAPS, {}, Date.now);
  private readonly send: (parcel: Parcel, sent: () => void) => void;
  /** Blocks that a thread has decoded. */
  private large: Parcel['blocks'] = [];
  private bytes = 0;
  private spent: Record<string, number> = {};
  private waiting: (() => void)[] = [];
  private waitingBytes = 0;
  private scheduled = false;

  /** @param send calls back when the parcel has left this process */
  constructor(send: (parcel: Parcel, sent: () => void) => void) {
    this.send = send;
  }

  /** @throws MalformedError, TooLargeError, RefusedError: overloaded */
  take(signal: Signal, bytes: Uint8Array, key: string, format?: Format): Promise<Taken> {
    if (this.waitingBytes > MAX_WAITING_BYTES) {
      throw new RefusedError('overloaded', 'requests come faster than they can be stored: try again', RETRY_MS);
    }
    const taken = this.intake.take(signal, bytes, key, format);
    this.came(bytes.length, key);
    return new Promise((resolve) => this.waiting.push(() => resolve(taken)));
  }

  /** Sends on what a thread has decoded, a block at a time: one message of all would hold up who receives it. */
  async store(signal: Signal, { blocks, rejected, message, ledger }: DecodedRows, bytes: number, key: string): Promise<Taken> {
    this.intake.ledger.add(ledger);
    this.came(bytes, key);
    let held = 0;
    for (const block of blocks) {
      held += block.rows;
      this.large.push({ signal, block });
      this.schedule();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return { held, rejected, duplicate: 0, message };
  }

  request(signal: Signal, transport: Transport, key: string | null, refusal?: Refusal): void {
    this.intake.ledger.request(signal, transport, key, refusal);
    this.schedule();
  }

  private came(bytes: number, key: string): void {
    this.bytes += bytes;
    this.waitingBytes += bytes;
    this.spent[key] = (this.spent[key] ?? 0) + bytes;
    this.schedule();
  }

  /** Whatever one turn of the event loop brings goes together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.ship());
  }

  private ship(): void {
    const { waiting, bytes, spent, large } = this;
    const blocks = SIGNALS.flatMap((signal) => this.intake[signal].drain().map((block) => ({ signal, block: block.pack() })));
    const parcel = { blocks: [...blocks, ...large], bytes, spent, ledger: this.intake.ledger.drain() };
    this.large = [];
    this.scheduled = false;
    this.waiting = [];
    this.bytes = 0;
    this.spent = {};
    this.send(parcel, () => {
      this.waitingBytes -= bytes;
      for (const tell of waiting) tell();
    });
  }
}
