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
const SWEEP_MS = 500;

export class InFlight {
  private readonly limits: Limits;
  private bytes = 0;
  private readonly perKey = new Map<string, number>();
  /** Those that are not here whole yet, in the order in which they came. */
  private readonly arriving = new Set<InFlightRequest>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** A request of `key` begins. Whoever opens it closes it. */
  open(key: string): InFlightRequest {
    const request = new InFlightRequest(this, key);
    this.arriving.add(request);
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return request;
  }

  /** It is here whole. */
  arrived(request: InFlightRequest): void {
    this.arriving.delete(request);
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
    if (ofKey > 0) this.perKey.set(key, ofKey);
    else this.perKey.delete(key);
  }

  private sweep(): void {
    const before = performance.now() - this.limits.receiveMs;
    for (const request of this.arriving) {
      if (request.startedMs > before) break;
      this.arriving.delete(request);
      const seconds = this.limits.receiveMs / 1000;
      request.late(new RefusedError('timeout', `the request did not arrive within ${seconds} s: send smaller batches`));
    }
    if (this.arriving.size > 0) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }
}

/** One request's part. */
export class InFlightRequest {
  readonly startedMs = performance.now();
  /** Hears of it when the request takes too long to arrive. */
  late: (error: RefusedError) => void = () => undefined;
  private readonly inFlight: InFlight;
  private readonly key: string;
  private bytes = 0;

  constructor(inFlight: InFlight, key: string) {
    this.inFlight = inFlight;
    this.key = key;
  }

  /** It has so many bytes more. @throws RefusedError: overloaded */
  add(bytes: number): void {
    this.inFlight.take(this.key, bytes);
    this.bytes += bytes;
  }

  arrived(): void {
    this.inFlight.arrived(this);
  }

  close(): void {
    this.inFlight.arrived(this);
    this.inFlight.take(this.key, -this.bytes);
    this.bytes = 0;
  }
}
