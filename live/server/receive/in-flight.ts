/**
 * What of requests is in memory at once, packed and unpacked, from their first byte to their answer: bounded in all, shared among keys, and not for
 * longer than it may take to send a request.
 */
import type { Limits } from './limits.ts';
import { RefusedError } from './response.ts';

/**
 * What one key has in flight is at most so many times what is free then (dynamic thresholds, Choudhury and Hahne 1998): alone it gets three quarters,
 * and whatever others do, there is room for the next.
 */
const TIMES_FREE = 3;
const RETRY_MS = 1000;
/**
 * Buffers of so many bytes are used again, for requests that fill a good part of one: memory outside V8's heap that came and went with each request had
 * it collect garbage twenty times a second. Of smaller requests a connection could hold a buffer each.
 */
const REUSED_BYTES = 2 ** 18;
const LEAST_REUSED = REUSED_BYTES / 4;
const MOST_REUSED = 8;
const SWEEP_MS = 500;

export class InFlight {
  private readonly limits: Limits;
  private bytes = 0;
  private readonly perKey = new Map<string, number>();
  /**
   * Those that are not here whole yet, in the order in which they came; a list, since a set that each request enters and leaves is made anew all the
   * time, which costs a receiver a fifth of its time, most of it in collecting garbage.
   */
  private first: InFlightRequest | undefined;
  private last: InFlightRequest | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  /** Of no request now. */
  private readonly buffers: Buffer[] = [];

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** A request of `key` begins. Whoever opens it closes it. */
  open(key: string): InFlightRequest {
    const request = new InFlightRequest(this, key);
    request.before = this.last;
    if (this.last) this.last.after = request;
    else this.first = request;
    this.last = request;
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return request;
  }

  /** It is here whole. */
  arrived(request: InFlightRequest): void {
    const { before, after } = request;
    if (before) before.after = after;
    else if (this.first === request) this.first = after;
    if (after) after.before = before;
    else if (this.last === request) this.last = before;
    request.before = undefined;
    request.after = undefined;
  }

  /** @throws RefusedError: overloaded, and then nothing is taken */
  take(key: string, bytes: number): void {
    const ofKey = (this.perKey.get(key) ?? 0) + bytes;
    const free = this.limits.inFlightBytes - this.bytes - bytes;
    if (bytes > 0 && (free < 0 || ofKey > TIMES_FREE * free)) {
      const whose = free < 0 ? 'requests' : `requests of the key "${key}"`;
      throw new RefusedError('overloaded', `too many bytes of ${whose} are on their way: try again`, RETRY_MS);
    }
    this.bytes += bytes;
    this.perKey.set(key, ofKey);
  }

  /** A buffer of so many bytes, to be given back. */
  buffer(bytes: number): Buffer {
    return (bytes === REUSED_BYTES && this.buffers.pop()) || Buffer.allocUnsafeSlow(bytes);
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === REUSED_BYTES && this.buffers.length < MOST_REUSED) this.buffers.push(buffer);
  }

  private sweep(): void {
    const before = performance.now() - this.limits.receiveMs;
    while (this.first && this.first.startedMs <= before) {
      const request = this.first;
      this.arrived(request);
      const seconds = this.limits.receiveMs / 1000;
      request.late(new RefusedError('timeout', `the request did not arrive within ${seconds} s: send smaller batches`));
    }
    if (this.first) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }
}

/** One request's part. */
export class InFlightRequest {
  readonly startedMs = performance.now();
  /** Hears of it when the request takes too long to arrive. */
  late: (error: RefusedError) => void = () => undefined;
  /** Its neighbours among those that are not here whole yet. */
  before: InFlightRequest | undefined;
  after: InFlightRequest | undefined;
  private readonly inFlight: InFlight;
  private readonly key: string;
  private bytes = 0;
  /** None again once it is closed. */
  private buffers: Buffer[] | undefined;

  constructor(inFlight: InFlight, key: string) {
    this.inFlight = inFlight;
    this.key = key;
  }

  /** It has so many bytes more. @throws RefusedError: overloaded */
  add(bytes: number): void {
    this.inFlight.take(this.key, bytes);
    this.bytes += bytes;
  }

  /**
   * Room for `bytes` of it or more, until it is closed.
   * @param instead bytes of it that were counted before, and are copied there
   * @throws RefusedError: overloaded
   */
  room(bytes: number, instead: number): Buffer {
    const size = bytes >= LEAST_REUSED && bytes < REUSED_BYTES ? REUSED_BYTES : bytes;
    this.add(size - instead);
    const buffer = this.inFlight.buffer(size);
    this.buffers ??= [];
    this.buffers.push(buffer);
    return buffer;
  }

  arrived(): void {
    this.inFlight.arrived(this);
  }

  /** It is answered: nobody reads its bytes any more. */
  close(): void {
    for (const buffer of this.buffers ?? []) this.inFlight.giveBack(buffer);
    this.buffers = undefined;
    this.inFlight.arrived(this);
    this.inFlight.take(this.key, -this.bytes);
    this.bytes = 0;
  }
}
