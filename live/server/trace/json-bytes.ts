/** JSON written from columns straight into bytes: a column of a large trace would else be an array of objects, then a string, then bytes. */

import { NANOS_PER_MS } from '../otlp/values.ts';
import { over, type Steps } from '../store/slices.ts';

/** No number takes more: a float in full precision with its comma. */
const MOST_PER_NUMBER = 26;
const [COMMA, MINUS, POINT, ZERO, QUOTE] = [...Buffer.from(',-.0"')] as [number, number, number, number, number];
/** Two digits for each byte. */
const HEX = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''));

export class JsonBytes {
  private bytes: Buffer;
  private at = 0;

  /** @param size how many bytes are expected: it grows where more are written */
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** What was written. */
  result(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  text(text: string): void {
    this.room(text.length * 3);
    this.at += this.bytes.write(text, this.at);
  }

  /** A list of integers from -2^31. */
  integers(column: Int32Array | Uint8Array): Steps<void> {
    return this.list(column.length, MOST_PER_NUMBER, (i) => this.integer(column[i] as number));
  }

  /** A list of times in milliseconds. @param nanos whole, or what is half of one */
  milliseconds(nanos: Float64Array): Steps<void> {
    return this.list(nanos.length, MOST_PER_NUMBER, (i) => this.time(nanos[i] as number));
  }

  /** A list of strings: ids of two words each in hexadecimal, as blocks hold them. */
  ids(words: Uint32Array): Steps<void> {
    const of = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    return this.list(words.length / 2, 19, (i) => {
      this.bytes[this.at++] = QUOTE;
      for (let byte = i * 8; byte < i * 8 + 8; byte++) {
        const digits = (of[byte] as number) * 2;
        this.bytes[this.at++] = HEX[digits] as number;
        this.bytes[this.at++] = HEX[digits + 1] as number;
      }
      this.bytes[this.at++] = QUOTE;
    });
  }

  /** A list of strings, each of any length. */
  *strings(all: readonly string[]): Steps<void> {
    this.text('[');
    for (const [i, one] of all.entries()) {
      this.text((i > 0 ? ',' : '') + JSON.stringify(one));
      yield;
    }
    this.text(']');
  }

  private *list(count: number, most: number, item: (i: number) => void): Steps<void> {
    this.text('[');
    yield* over(count, (from, to) => {
      this.room((to - from) * most);
      for (let i = from; i < to; i++) {
        if (i > 0) this.bytes[this.at++] = COMMA;
        item(i);
      }
    });
    this.text(']');
  }

  /** Exact: a time that is written in decimal, and read, is the same as the quotient of floats. */
  private time(nanos: number): void {
    if (!Number.isSafeInteger(nanos)) {
      this.at += this.bytes.write(String(nanos / NANOS_PER_MS), this.at, 'latin1');
      return;
    }
    const size = Math.abs(nanos);
    if (nanos < 0) this.bytes[this.at++] = MINUS;
    const whole = Math.floor(size / NANOS_PER_MS);
    this.integer(whole);
    let rest = size - whole * NANOS_PER_MS;
    if (rest === 0) return;
    this.bytes[this.at++] = POINT;
    for (let unit = NANOS_PER_MS / 10; rest > 0; unit /= 10) {
      const digit = Math.floor(rest / unit);
      this.bytes[this.at++] = ZERO + digit;
      rest -= digit * unit;
    }
  }

  private integer(value: number): void {
    const size = Math.abs(value);
    if (value < 0) this.bytes[this.at++] = MINUS;
    let digits = 1;
    for (let unit = 10; unit <= size; unit *= 10) digits++;
    let rest = size;
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      const less = Math.floor(rest / 10);
      this.bytes[at] = ZERO + (rest - less * 10);
      rest = less;
    }
    this.at += digits;
  }

  private room(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}
