/** A request's bytes as they come, up to a limit. */
import type { InFlightRequest } from './in-flight.ts';
import type { RefusedError } from './response.ts';

/** The largest request: what OTLP recommends, and of a compressed one what it unpacks to. */
export const MAX_REQUEST_BYTES = 64 * 2 ** 20;
/** The largest compressed one: it and what it unpacks to are in memory at once. */
export const MAX_PACKED_BYTES = 32 * 2 ** 20;
/** What is made ready for a request before its bytes are there. */
const FIRST_BYTES = 2 ** 20;

/** Bytes in one piece, made of chunks: the chunk itself where there is only one. */
export class Body {
  length = 0;
  private readonly request: InFlightRequest;
  private readonly most: number;
  private readonly expected: number;
  private readonly tooLarge: () => RefusedError;
  private buffer: Buffer | undefined;

  /**
   * @param most bytes that it may have
   * @param expected bytes that it is likely to have; 0 where that is not known
   */
  constructor(request: InFlightRequest, most: number, expected: number, tooLarge: () => RefusedError) {
    this.request = request;
    this.most = most;
    this.expected = expected;
    this.tooLarge = tooLarge;
  }

  /** @throws RefusedError: too_large, overloaded */
  push(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.most) throw this.tooLarge();
    if (this.buffer === undefined) {
      this.request.add(chunk.length);
      this.buffer = chunk;
    } else {
      if (length > this.buffer.length) this.grow(this.buffer, length);
      chunk.copy(this.buffer, this.length);
    }
    this.length = length;
  }

  bytes(): Buffer {
    return this.buffer?.subarray(0, this.length) ?? Buffer.alloc(0);
  }

  private grow(from: Buffer, length: number): void {
    const wanted = Math.max(length, 2 * from.length, Math.min(this.expected, FIRST_BYTES));
    const capacity = Math.min(wanted, this.expected >= length ? this.expected : this.most);
    this.buffer = this.request.room(capacity, from.length);
    from.copy(this.buffer, 0, 0, this.length);
  }
}
