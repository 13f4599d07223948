/**
 * Writes protobuf from the front to the back. A message's length is known only at its end: room for it is kept before, and what was written moves up
 * where that was too little. https://protobuf.dev/programming-guides/encoding/
 */
import { TooLargeError } from '../store/wire.ts';

const FIRST_BYTES = 1024;

export class ProtobufWriter {
  length = 0;
  private buffer: Buffer;
  private readonly most: number;

  /**
   * @param expected bytes that it is likely to write
   * @param most bytes that it may write. @throws TooLargeError when it is told to write more
   */
  constructor(expected = FIRST_BYTES, most = Number.POSITIVE_INFINITY) {
    this.buffer = Buffer.allocUnsafeSlow(expected);
    this.most = most;
  }

  /** What was written: a view, valid until the next write. */
  result(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Forgets what was written after `length`. */
  rewind(length: number): void {
    this.length = length;
  }

  /** Begins bytes whose length comes before them; `room` is what that length is likely to take. Returns what `end` wants. */
  begin(room: 1 | 4): number {
    this.room(room);
    this.length += room;
    return this.length;
  }

  /** Ends what began at `start`: its length in as few bytes as it needs, or where room for four was kept in these four. */
  end(start: number, room: 1 | 4): void {
    const length = this.length - start;
    if (room === 4) {
      // A varint may be longer than it must: 28 bits, of which the first three bytes say that there is more.
      for (let i = 0; i < 3; i++) this.buffer[start - 4 + i] = ((length >>> (7 * i)) & 127) | 128;
      this.buffer[start - 1] = length >>> 21;
      return;
    }
    if (length < 128) {
      this.buffer[start - 1] = length;
      return;
    }
    const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
    this.room(more);
    this.buffer.copyWithin(start + more, start, this.length);
    this.length = start - 1;
    this.varint(length);
    this.length += length;
  }

  /** A varint of up to 32 bits: tags, lengths, enums. */
  varint(value: number): void {
    this.room(5);
    let rest = value >>> 0;
    for (; rest > 127; rest >>>= 7) this.buffer[this.length++] = (rest & 127) | 128;
    this.buffer[this.length++] = rest;
  }

  /** A varint of 64 bits in two words. */
  varint64(low: number, high: number): void {
    if (high === 0) {
      this.varint(low);
      return;
    }
    this.room(10);
    let rest = low >>> 0;
    let above = high >>> 0;
    while (above > 0) {
      this.buffer[this.length++] = (rest & 127) | 128;
      rest = ((rest >>> 7) | (above << 25)) >>> 0;
      above >>>= 7;
    }
    this.varint(rest);
  }

  /** Four bytes, little-endian. */
  fixed32(value: number): void {
    this.room(4);
    this.length = this.buffer.writeUInt32LE(value >>> 0, this.length);
  }

  /** Eight bytes, little-endian, in two words. */
  fixed64(low: number, high: number): void {
    this.fixed32(low);
    this.fixed32(high);
  }

  double(value: number): void {
    this.room(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  /** One byte. */
  byte(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }

  /** Bytes [from, to) as they are. */
  raw(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const length = to - from;
    this.room(length);
    if (length > 32) this.buffer.set(bytes.subarray(from, to), this.length);
    else for (let i = 0; i < length; i++) this.buffer[this.length + i] = bytes[from + i] as number;
    this.length += length;
  }

  /** Bytes [from, to) with their length before them. */
  bytes(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.varint(to - from);
    this.raw(bytes, from, to);
  }

  /** Text in UTF-8 with its length before it. */
  text(text: string): void {
    this.bytes(Buffer.from(text, 'utf8'));
  }

  private room(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    if (needed > this.most) throw new TooLargeError(`more than ${this.most} bytes as protobuf`);
    const larger = Buffer.allocUnsafeSlow(Math.min(this.most, Math.max(needed, Math.ceil(this.buffer.length * 1.5))));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
