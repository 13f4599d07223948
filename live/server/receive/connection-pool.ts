/** Connections that share a number of places, of which no single address may take more than half. */
import type { Socket } from 'node:net';
import type { Listener } from './connection-counts.ts';

export interface Connection {
  readonly socket: Socket;
  readonly listener: Listener;
  readonly address: string;
  /** Whether it has shown a key. */
  known: boolean;
  /** Whether it is closed, or about to be. */
  gone: boolean;
  /** Requests with a key that are under way. */
  busy: number;
  /** When it is closed if it has not shown a key by then; milliseconds of performance.now(). */
  untilMs: number;
  /** When it was last in use, in the pool's own count. */
  usedAt: number;
}

export class ConnectionPool {
  private readonly members = new Set<Connection>();
  private readonly perAddress = new Map<string, number>();
  private readonly most: number;
  private readonly mostOfAddress: number;
  private uses = 0;

  constructor(most: number) {
    this.most = Math.max(2, Math.floor(most));
    this.mostOfAddress = Math.ceil(this.most / 2);
  }

  get size(): number {
    return this.members.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.members.values();
  }

  /**
   * Takes one in. Returns who has to go for it where there are too many: of its own address where that has its half, else of any, the one unused for
   * longest; itself where all are in use.
   */
  add(one: Connection): Connection | undefined {
    const ofAddress = this.perAddress.get(one.address) ?? 0;
    let leaves: Connection | undefined;
    if (ofAddress >= this.mostOfAddress) leaves = this.longestIdle((other) => other.address === one.address) ?? one;
    else if (this.members.size >= this.most) leaves = this.longestIdle(() => true) ?? one;
    this.members.add(one);
    this.used(one);
    this.perAddress.set(one.address, ofAddress + 1);
    return leaves;
  }

  delete(one: Connection): void {
    if (!this.members.delete(one)) return;
    const left = (this.perAddress.get(one.address) ?? 1) - 1;
    if (left > 0) this.perAddress.set(one.address, left);
    else this.perAddress.delete(one.address);
  }

  /** It was in use just now. (Moving it to the end of the set with each request would cost a receiver a fifth of its time, most of it in collecting garbage: such a set is made anew all the time.) */
  used(one: Connection): void {
    one.usedAt = ++this.uses;
  }

  private longestIdle(may: (one: Connection) => boolean): Connection | undefined {
    let longest: Connection | undefined;
    for (const one of this.members) {
      if (one.busy === 0 && may(one) && !(longest && longest.usedAt < one.usedAt)) longest = one;
    }
    return longest;
  }
}
