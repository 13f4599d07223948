/** What both transports do with a request: key, limit, decode, count. */

import type { DecodedRows, LargeRequest } from '../intake/decode-thread.ts';
import type { Format, Taken } from '../intake/intake.ts';
import { decodeLarge, isLarge } from '../intake/large-requests.ts';
import type { Refusal, Signal, Transport } from '../store/ledger.ts';
import { MalformedError, TooLargeError } from '../store/wire.ts';
import { InFlight } from './in-flight.ts';
import type { Key, Keys } from './keys.ts';
import type { Limits } from './limits.ts';
import { RefusedError } from './response.ts';

/** Where requests go: the live view, or a worker on its way to it. */
interface Taker {
  /** Milliseconds since 1970. */
  now(): number;
  take(signal: Signal, bytes: Uint8Array, key: string, format?: Format): Taken | Promise<Taken>;
  /** Takes what a thread has decoded of a request of so many bytes. */
  store(signal: Signal, decoded: DecodedRows, bytes: number, key: string): Promise<Taken>;
  request(signal: Signal, transport: Transport, key: string | null, refusal?: Refusal): void;
}

export class Ingest {
  readonly inFlight: InFlight;
  private readonly taker: Taker;
  private readonly keys: Keys;

  constructor(taker: Taker, keys: Keys, limits: Limits) {
    this.taker = taker;
    this.keys = keys;
    this.inFlight = new InFlight(limits);
  }

  /** The key that may send now; `certified` names the holder of a client's certificate. @throws RefusedError: unauthorized or rate_limited */
  admit(signal: Signal, transport: Transport, authorization: string | undefined, certified: () => string | undefined): Key {
    const key = authorization === undefined ? this.keys.ofHolder(certified()) : this.keys.find(authorization);
    if (key === undefined) {
      const what = authorization === undefined ? 'no Authorization header' : 'an unknown key in the Authorization header';
      throw this.refuse(signal, transport, null, new RefusedError('unauthorized', `${what}: send "Authorization: Bearer <key>"`));
    }
    if (!key.maySend(signal)) {
      const message = `the key "${key.name}" may not send ${signal}: use another`;
      throw this.refuse(signal, transport, key.name, new RefusedError('unauthorized', message));
    }
    const waitMs = key.waitMs(this.taker.now());
    if (waitMs > 0) {
      const message = `the key "${key.name}" has sent more than its bytes per second: try again in ${waitMs} ms`;
      throw this.refuse(signal, transport, key.name, new RefusedError('rate_limited', message, waitMs));
    }
    return key;
  }

  /** Takes one request; its bytes are no more the caller's. @throws RefusedError: malformed, too_large, overloaded */
  take(signal: Signal, transport: Transport, key: Key, bytes: Uint8Array, format: Format = 'protobuf'): Taken | Promise<Taken> {
    key.spend(bytes.length);
    if (isLarge(bytes.length, format)) return this.takeLarge(transport, { signal, key: key.name, bytes, format });
    try {
      const taken = this.taker.take(signal, bytes, key.name, format);
      this.taker.request(signal, transport, key.name);
      return taken;
    } catch (error) {
      throw this.refuse(signal, transport, key.name, asRefused(error));
    }
  }

  private async takeLarge(transport: Transport, request: LargeRequest): Promise<Taken> {
    const { signal, key } = request;
    const { length } = request.bytes;
    try {
      const taken = await this.taker.store(signal, await decodeLarge(request), length, key);
      this.taker.request(signal, transport, key);
      return taken;
    } catch (error) {
      throw this.refuse(signal, transport, key, asRefused(error));
    }
  }

  /** Counts a refusal, and returns it to be thrown. */
  refuse(signal: Signal, transport: Transport, key: string | null, error: RefusedError): RefusedError {
    this.taker.request(signal, transport, key, error.refusal);
    return error;
  }
}

/** Errors of decoding as refusals; any other is a fault of this program and goes on as it is. */
export function asRefused(error: unknown): RefusedError {
  if (error instanceof RefusedError) return error;
  if (error instanceof MalformedError) return new RefusedError('malformed', `malformed request: ${error.message}`);
  if (error instanceof TooLargeError) return new RefusedError('too_large', `${error.message}: send smaller batches`);
  throw error;
}
