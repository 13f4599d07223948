/** Numbers in JSON's text as protobuf wants them: whole ones of 64 bits exactly, in two words, without an object for any of them. */

const MINUS = 0x2d;
const WORD = 2 ** 32;
/** No number that means anything is longer: what follows is not worth reading. */
const MAX_LENGTH = 400;
const NUMBER = /^(NaN|[+-]?Infinity|-?\d+(\.\d+)?([eE][-+]?\d+)?)$/;

/** A whole number: its sign, and its amount in two words. */
export class WholeNumber {
  negative = false;
  low = 0;
  high = 0;

  /** Reads bytes [from, to); false where they are no whole number of 64 bits or less, however it is written: 3.0 and 1e3 are. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    let at = from;
    this.negative = bytes[at] === MINUS;
    if (this.negative) at++;
    while (at < to - 1 && bytes[at] === 0x30) at++;
    const digits = to - at;
    if (digits === 0 || digits > 20) return this.readOther(bytes, from, to);
    // The last nine digits, and the eleven before them.
    let above = 0;
    let below = 0;
    for (; at < to; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) return this.readOther(bytes, from, to);
      if (to - at > 9) above = above * 10 + digit;
      else below = below * 10 + digit;
    }
    if (above === 0) {
      this.low = below;
      this.high = 0;
      return true;
    }
    // above * 10^9 + below in parts that floats hold exactly: above has 37 bits, of which 21 and 16 are taken apart.
    const upper = Math.floor(above / 65_536) * 1e9;
    const lower = (above % 65_536) * 1e9 + below;
    const low = (upper % 65_536) * 65_536 + (lower % WORD);
    this.low = low % WORD;
    this.high = Math.floor(upper / 65_536) + Math.floor(lower / WORD) + (low >= WORD ? 1 : 0);
    return this.high < WORD;
  }

  /** Whether it fits in 64 bits with a sign. */
  get fitsSigned(): boolean {
    return this.high < 2 ** 31 || (this.negative && this.high === 2 ** 31 && this.low === 0);
  }

  /** Makes the two words those of two's complement. */
  complement(): void {
    if (!this.negative) return;
    this.low = (WORD - this.low) % WORD;
    this.high = (WORD - this.high - (this.low === 0 ? 0 : 1)) % WORD;
  }

  private readOther(bytes: Uint8Array, from: number, to: number): boolean {
    const value = Math.abs(readDouble(bytes, from, to) ?? Number.NaN);
    if (!Number.isInteger(value) || value >= WORD * WORD) return false;
    this.low = value % WORD;
    this.high = Math.floor(value / WORD);
    return true;
  }
}

/** Bytes [from, to) as a double, also as protobuf's JSON writes those that JSON has no number for; undefined where they are none. */
export function readDouble(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from > MAX_LENGTH) return undefined;
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number);
  return NUMBER.test(text) ? Number(text) : undefined;
}
