/** Wire types of protobuf, in the low three bits of a tag. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** Writes protobuf into one buffer that grows; `tag`s are (field number << 3 | wire type). */
export class ProtobufWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** What was written; the writer must not be used after. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }

  get position(): number {
    return this.#at;
  }

  /** A copy of what was written from `position` on. */
  copyFrom(position: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, position, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Begins a message or another field with a length; `end` takes what this returns. */
  begin(field: number): number {
    this.varint((field << 3) | LENGTH);
    this.#reserve(1);
    return ++this.#at;
  }

  end(start: number): void {
    const length = this.#at - start;
    if (length > 0x7f) {
      // One byte was kept for the length; a longer one moves the content.
      const more = length > 0xfffffff ? 4 : length > 0x1fffff ? 3 : length > 0x3fff ? 2 : 1;
      this.#reserve(more);
      this.#buffer.copyWithin(start + more, start, this.#at);
      this.#at = start - 1;
      this.varint(length);
      this.#at += length;
    } else this.#buffer[start - 1] = length;
  }

  /** An integer of at most 64 bits; a negative one as two's complement in ten bytes, as int32 and int64 are. */
  varint(value: number): void {
    this.#reserve(10);
    let low = value >>> 0;
    let high = Math.floor(value / 2 ** 32) >>> 0;
    while (high > 0 || low > 0x7f) {
      this.#buffer[this.#at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#buffer[this.#at++] = low;
  }

  uint(field: number, value: number): void {
    this.varint((field << 3) | VARINT);
    this.varint(value);
  }

  fixed32(field: number, value: number): void {
    this.varint((field << 3) | FIXED32);
    this.#reserve(4);
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }

  /** Seconds and nanoseconds since 1970 as one number of nanoseconds, which is beyond a double's 53 bits: multiplied in halves. */
  nanoseconds(field: number, [seconds, nanos]: readonly [number, number]): void {
    this.varint((field << 3) | FIXED64);
    this.#reserve(8);
    const low = (seconds % 0x10000) * 1e9 + nanos;
    const high = Math.floor(seconds / 0x10000) * 1e9 + Math.floor(low / 0x10000);
    this.#at = this.#buffer.writeUInt32LE((high % 0x10000) * 0x10000 + (low % 0x10000), this.#at);
    this.#at = this.#buffer.writeUInt32LE(Math.floor(high / 0x10000), this.#at);
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | FIXED64);
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  string(field: number, text: string): void {
    const start = this.begin(field);
    this.#reserve(text.length * 3);
    this.#at += this.#buffer.write(text, this.#at, 'utf8');
    this.end(start);
  }

  /** Bytes given in hexadecimal, as ids are. */
  hex(field: number, digits: string): void {
    this.varint((field << 3) | LENGTH);
    this.varint(digits.length >>> 1);
    this.#reserve(digits.length >>> 1);
    this.#at += this.#buffer.write(digits, this.#at, 'hex');
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
