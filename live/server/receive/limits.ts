/** What each process that takes connections bounds, beside the size of a request. */
export interface Limits {
  /** Connections at once, of all listeners. */
  connections: number;
  /** How long a connection may stay without a key, since it came or was last answered with what needs none. */
  noKeyMs: number;
  /** Bytes of requests in memory at once, packed and unpacked. */
  inFlightBytes: number;
  /** How long the bytes of one request may take to arrive. */
  receiveMs: number;
}

/** In flight: a largest request, and others beside it. */
export const DEFAULT_LIMITS: Limits = { connections: 2000, noKeyMs: 10_000, inFlightBytes: 96 * 2 ** 20, receiveMs: 30_000 };
