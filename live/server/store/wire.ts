/**
 * A cursor over protobuf bytes that never trusts them: every read is held against the end of the message it is in, and whatever does not fit is a
 * MalformedError. https://protobuf.dev/programming-guides/encoding/
 */

/** The bytes are not what they should be: HTTP 400, gRPC INVALID_ARGUMENT. */
export class MalformedError extends Error {
  constructor(message: string) {
    // A request may have a hundred thousand of them, and where one was thrown tells nobody anything.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The request wants more than one request may: HTTP 413, gRPC RESOURCE_EXHAUSTED. */
export class TooLargeError extends Error {}

export const VARINT = 0;
const FIXED64 = 1;
export const LENGTH = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/** Messages within messages that are followed: deeper ones are refused, before the stack is at risk. protobuf's own default is 100. */
export const MAX_DEPTH = 100;

export class Wire {
  bytes: Uint8Array;
  /** The same bytes, to be read four at a time. */
  view: DataView;
  pos = 0;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** Starts over on other bytes. */
  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.pos = 0;
  }

  /** Reads a varint; exact up to 2^53, which covers tags, lengths and enums. */
  varint(end: number): number {
    const bytes = this.bytes;
    let pos = this.pos;
    if (pos >= end) throw truncated(pos);
    let byte = bytes[pos++] as number;
    let value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      if (pos >= end) throw truncated(pos);
      if (shift > 63) throw new MalformedError(`a varint of more than 10 bytes at byte ${pos}`);
      byte = bytes[pos++] as number;
      value = shift < 28 ? value | ((byte & 127) << shift) : value + (byte & 127) * 2 ** shift;
    }
    this.pos = pos;
    return value;
  }

  /** Reads a tag; its field number is never 0. */
  tag(end: number): number {
    const { pos } = this;
    const byte = this.bytes[pos] as number;
    if (byte < 128 && byte > 7 && pos < end) {
      this.pos = pos + 1;
      return byte;
    }
    const tag = this.varint(end);
    if (tag < 8 || tag > 0xffffffff) throw new MalformedError(`field number 0 or out of range before byte ${this.pos}`);
    return tag;
  }

  /** Reads a length and returns where its bytes end; they lie within `end`. */
  length(end: number): number {
    const { pos } = this;
    const byte = this.bytes[pos] as number;
    if (byte < 128 && pos + byte < end) {
      this.pos = pos + 1;
      return pos + 1 + byte;
    }
    const length = this.varint(end);
    const stop = this.pos + length;
    if (stop > end) throw new MalformedError(`a length of ${length} at byte ${this.pos} reaches past the end of its message`);
    return stop;
  }

  /** Moves over `count` bytes and returns where they began. */
  take(count: number, end: number): number {
    const start = this.pos;
    if (start + count > end) throw truncated(end);
    this.pos = start + count;
    return start;
  }

  /** Skips the value of a field that nobody asked for. */
  skip(tag: number, end: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.varint(end);
        return;
      case FIXED64:
        this.take(8, end);
        return;
      case LENGTH:
        this.pos = this.length(end);
        return;
      case FIXED32:
        this.take(4, end);
        return;
      case START_GROUP:
        this.skipGroup(tag, end, depth);
        return;
      default:
        throw new MalformedError(`wire type ${tag & 7} before byte ${this.pos}`);
    }
  }

  private skipGroup(start: number, end: number, depth: number): void {
    if (depth >= MAX_DEPTH) throw new MalformedError(`groups nested more than ${MAX_DEPTH} deep`);
    for (;;) {
      const tag = this.tag(end);
      if ((tag & 7) === END_GROUP) {
        if (tag >>> 3 !== start >>> 3) throw new MalformedError(`a group that ends as another at byte ${this.pos}`);
        return;
      }
      this.skip(tag, end, depth + 1);
    }
  }

  /** The little-endian 32 bits at `at`, which the caller has bounded. */
  u32(at: number): number {
    return this.view.getUint32(at, true);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function truncated(pos: number): MalformedError {
  return new MalformedError(`the bytes end in the middle of a field, at byte ${pos}`);
}
