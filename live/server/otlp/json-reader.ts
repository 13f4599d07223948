/**
 * A cursor over JSON in bytes (RFC 8259). It makes nothing of what it reads: whoever asks gets the place of a string or number, and what nobody asks for
 * is moved over. What is not JSON is a MalformedError.
 */
import type { Steps } from '../store/slices.ts';
import { MalformedError } from '../store/wire.ts';
import { BACKSLASH, ESCAPES, hexDigit } from './json-escapes.ts';

/** Arrays and objects within each other, in what is moved over as well: more than any OTLP has. */
const MAX_NESTING = 512;
/** Of what is moved over in one step: a millisecond or two. */
const STEP_BYTES = 2 ** 18;

export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
export const MINUS = 0x2d;
export const TRUE = 0x74;
export const FALSE = 0x66;
export const NULL = 0x6e;
const WORDS: Readonly<Record<number, Buffer>> = {
  [TRUE]: Buffer.from('true'),
  [FALSE]: Buffer.from('false'),
  [NULL]: Buffer.from('null'),
};

export class JsonReader {
  readonly bytes: Uint8Array;
  pos = 0;
  /** Where the string or number lies that was read last, without its quotes. */
  from = 0;
  to = 0;
  /** Whether that string has escapes in it. */
  escaped = false;
  /** Whether that number is written without point and exponent. */
  whole = false;
  private readonly end: number;
  /** For each array or object that `skip` is in: whether it is an object. */
  private readonly isObject = new Uint8Array(MAX_NESTING);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
    // A byte order mark, as some editors write it.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3;
  }

  /** The first byte of what comes next, white space apart; -1 at the end. */
  peek(): number {
    const { bytes, end } = this;
    let pos = this.pos;
    while (pos < end) {
      const byte = bytes[pos] as number;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.pos = pos;
        return byte;
      }
      pos++;
    }
    this.pos = pos;
    return -1;
  }

  /** Whether an array or object that just began, or whose item was just read, goes on; moves over the comma or the end. */
  more(first: boolean, close: number): boolean {
    const byte = this.peek();
    if (byte === close) {
      this.pos++;
      return false;
    }
    if (first) return true;
    if (byte !== COMMA) throw this.wrong(close === CLOSE_OBJECT ? ', or }' : ', or ]');
    this.pos++;
    return true;
  }

  /** Reads a key and its colon. */
  key(): void {
    if (this.peek() !== QUOTE) throw this.wrong('a key');
    this.string();
    if (this.peek() !== COLON) throw this.wrong('a colon');
    this.pos++;
  }

  /** Reads the string that begins here. */
  string(): void {
    const { bytes, end } = this;
    let pos = this.pos + 1;
    this.from = pos;
    this.escaped = false;
    for (; pos < end; pos++) {
      const byte = bytes[pos] as number;
      if (byte === QUOTE) {
        this.to = pos;
        this.pos = pos + 1;
        return;
      }
      if (byte === BACKSLASH) {
        this.escaped = true;
        pos = this.escape(pos + 1);
      } else if (byte < 0x20) {
        this.pos = pos;
        throw this.wrong('a string without control characters');
      }
    }
    this.pos = end;
    throw this.wrong('the end of a string');
  }

  /** Reads the number that begins here. */
  number(): void {
    const { bytes } = this;
    const start = this.pos;
    let pos = start;
    if (bytes[pos] === MINUS) pos++;
    const first = bytes[pos] as number;
    pos = this.digits(pos);
    if (first === 0x30 && pos > start + 1 + (bytes[start] === MINUS ? 1 : 0)) throw this.wrong('a number');
    this.whole = true;
    if (bytes[pos] === 0x2e) {
      this.whole = false;
      pos = this.digits(pos + 1);
    }
    if (bytes[pos] === 0x65 || bytes[pos] === 0x45) {
      this.whole = false;
      const sign = bytes[pos + 1];
      pos = this.digits(sign === MINUS || sign === 0x2b ? pos + 2 : pos + 1);
    }
    this.from = start;
    this.to = pos;
    this.pos = pos;
  }

  /** Reads true, false or null. */
  word(first: number): void {
    const word = WORDS[first];
    if (word === undefined) throw this.wrong('a value');
    for (let i = 1; i < word.length; i++) if (this.bytes[this.pos + i] !== word[i]) throw this.wrong(word.toString());
    this.pos += word.length;
  }

  /** Moves over one value. */
  skip(): void {
    this.skipOn(0, Number.POSITIVE_INFINITY);
  }

  /** The same in steps. */
  *skipSteps(): Steps<void> {
    for (let depth = this.skipOn(0, this.pos + STEP_BYTES); depth > 0; depth = this.skipOn(depth, this.pos + STEP_BYTES)) yield;
  }

  /** Moves over the value that begins here, within `from` that have begun; stops after `until` at the latest. Returns within how many it is then. */
  private skipOn(from: number, until: number): number {
    const { isObject } = this;
    let depth = from;
    for (;;) {
      if (this.pos > until && depth > 0) return depth;
      const byte = this.peek();
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.pos++;
        const object = byte === OPEN_OBJECT;
        if (this.more(true, object ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          if (depth === MAX_NESTING) throw new MalformedError(`nested more than ${MAX_NESTING} deep at byte ${this.pos}`);
          isObject[depth++] = object ? 1 : 0;
          if (object) this.key();
          continue;
        }
      } else this.skipScalar(byte);
      for (; depth > 0; depth--) {
        const object = isObject[depth - 1] === 1;
        if (!this.more(false, object ? CLOSE_OBJECT : CLOSE_ARRAY)) continue;
        if (object) this.key();
        break;
      }
      if (depth === 0) return 0;
    }
  }

  /** Moves over a value that is neither array nor object and begins with `byte`. */
  skipScalar(byte: number): void {
    if (byte === QUOTE) this.string();
    else if (byte === MINUS || (byte >= 0x30 && byte <= 0x39)) this.number();
    else this.word(byte);
  }

  /** Says that nothing may follow. */
  finish(): void {
    if (this.peek() >= 0) throw this.wrong('the end');
  }

  /** What was read last, as it is written there. */
  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.from, this.to - this.from).toString('utf8');
  }

  /** Checks the escape whose letter is at `at`; returns where it ends. */
  private escape(at: number): number {
    const letter = this.bytes[at] ?? 0;
    let ok = letter < 128 && ESCAPES[letter] !== 0;
    if (letter === 0x75) for (let i = 1; i <= 4; i++) ok &&= hexDigit(this.bytes[at + i] ?? 0) >= 0;
    this.pos = at;
    if (!ok) throw this.wrong('an escape');
    return letter === 0x75 ? at + 4 : at;
  }

  /** Moves over one digit or more from `pos` on. */
  private digits(pos: number): number {
    const { bytes } = this;
    let at = pos;
    while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
    if (at === pos) throw this.wrong('a number');
    return at;
  }

  private wrong(wanted: string): MalformedError {
    const { pos, end } = this;
    const found = pos >= end ? 'the end' : JSON.stringify(Buffer.from(this.bytes.subarray(pos, pos + 12)).toString('utf8'));
    return new MalformedError(`not JSON: ${wanted} is wanted at byte ${pos}, not ${found}`);
  }
}
