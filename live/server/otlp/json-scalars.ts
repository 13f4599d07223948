/** Values of OTLP JSON that are no messages, into protobuf: what is not as it should be becomes the nearest faithful thing, or is Unreadable. */
import { BACKSLASH, hexDigit, readEscape } from './json-escapes.ts';
import { readDouble, WholeNumber } from './json-numbers.ts';
import type { Step } from './json-plan.ts';
import { FALSE, type JsonReader, MINUS, NULL, OPEN_ARRAY, OPEN_OBJECT, QUOTE, TRUE } from './json-reader.ts';
import type { ProtobufWriter } from './protobuf-writer.ts';

/** A value is not what it should be. One is made for each request and thrown wherever that shows: a request may have a million such values. */
export class Unreadable extends Error {
  wanted = '';
  /** Where in the bytes. */
  at = 0;
}

const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const BYTES_VALUE = 0x3a;
const MOST_32 = 2 ** 32 - 1;
const BASE64 = /^[\w+/-]*={0,2}$/;

export class ScalarWriter {
  private readonly reader: JsonReader;
  private readonly writer: ProtobufWriter;
  private readonly whole = new WholeNumber();
  private readonly unreadable: Unreadable;

  constructor(reader: JsonReader, writer: ProtobufWriter, unreadable: Unreadable) {
    this.reader = reader;
    this.writer = writer;
    this.unreadable = unreadable;
  }

  /** Writes the value that comes next, with its tag where `tag` is not 0. @throws Unreadable */
  write(step: Step, tag: number): void {
    const { writer, whole } = this;
    switch (step.type) {
      case 'string':
        this.readScalar('a string');
        writer.varint(tag);
        this.text();
        return;
      case 'id':
        this.id(tag);
        return;
      case 'bool':
        if (this.readBoolean()) this.varint(tag, 1);
        return;
      case 'enum':
        this.varint(tag, this.readEnum(step));
        return;
      case 'uint32':
        this.varint(tag, this.readCount());
        return;
      case 'fixed32':
        if (tag > 0) writer.varint(tag);
        writer.fixed32(this.readCount());
        return;
      case 'sint32': {
        const value =
          this.readWhole() && whole.high === 0 && whole.low < 2 ** 31 ? whole.low : this.fail('an integer of 32 bits');
        const zigzag = whole.negative ? value * 2 - 1 : value * 2;
        this.varint(tag, value === 0 ? 0 : zigzag);
        return;
      }
      case 'double':
        if (tag > 0) writer.varint(tag);
        writer.double(this.readDouble());
        return;
      case 'sfixed64':
        if (!this.readWhole() || !whole.fitsSigned) {
          writer.varint(step.doubleTag);
          writer.double(readDouble(this.reader.bytes, this.reader.from, this.reader.to) ?? this.fail('a number'));
          return;
        }
        whole.complement();
        writer.varint(tag);
        writer.fixed64(whole.low, whole.high);
        return;
      default:
        if (!this.readWhole() || (whole.negative && whole.low + whole.high > 0)) this.fail('an integer from 0 to 2^64 - 1');
        if (tag > 0) writer.varint(tag);
        if (step.type === 'uint64') writer.varint64(whole.low, whole.high);
        else writer.fixed64(whole.low, whole.high);
    }
  }

  /** Writes the field of an AnyValue that is no list: `type` is what it is said to be, '' where nothing is. @throws Unreadable */
  writeAny(type: Step['type'] | ''): void {
    const { reader, writer } = this;
    const byte = this.readScalar('a value');
    if (byte === NULL) return;
    const { bytes, from, to } = reader;
    const text = byte === QUOTE;
    if (byte === TRUE || byte === FALSE) {
      if (type === 'string') this.string();
      else this.varint(BOOL_VALUE, byte === TRUE ? 1 : 0);
    } else if (type === 'string' || (text && type === '')) this.string();
    else if (type === 'bytes' && text && BASE64.test(reader.text())) {
      writer.varint(BYTES_VALUE);
      writer.bytes(Buffer.from(reader.text(), 'base64'));
    } else if (text && type === 'bool' && (reader.text() === 'true' || reader.text() === 'false')) {
      this.varint(BOOL_VALUE, reader.text() === 'true' ? 1 : 0);
    } else if (type !== 'double' && (!text || type === 'int64') && this.whole.read(bytes, from, to) && this.whole.fitsSigned) {
      this.whole.complement();
      writer.varint(INT_VALUE);
      writer.varint64(this.whole.low, this.whole.high);
    } else {
      const value = text && type !== 'double' && type !== 'int64' ? undefined : readDouble(bytes, from, to);
      if (value === undefined) this.string();
      else {
        writer.varint(DOUBLE_VALUE);
        writer.double(value);
      }
    }
  }

  /** @throws Unreadable */
  fail(wanted: string): never {
    this.unreadable.wanted = wanted;
    throw this.unreadable;
  }

  /** Reads a value that is neither array nor object; returns its first byte. */
  private readScalar(wanted: string): number {
    const { reader } = this;
    const byte = reader.peek();
    const start = reader.pos;
    this.unreadable.at = start;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.fail(wanted);
    reader.skipScalar(byte);
    if (byte !== QUOTE && byte !== MINUS && !(byte >= 0x30 && byte <= 0x39)) {
      reader.from = start;
      reader.to = reader.pos;
      reader.escaped = false;
    } else if (byte !== QUOTE) reader.escaped = false;
    return byte;
  }

  /** Reads a whole number, written as one or as a string. */
  private readWhole(): boolean {
    const { reader } = this;
    const byte = this.readScalar('an integer');
    if (byte === TRUE || byte === FALSE || byte === NULL) this.fail('an integer');
    return this.whole.read(reader.bytes, reader.from, reader.to);
  }

  private readDouble(): number {
    const { reader } = this;
    const byte = this.readScalar('a number');
    if (byte === TRUE || byte === FALSE || byte === NULL) this.fail('a number');
    return readDouble(reader.bytes, reader.from, reader.to) ?? this.fail('a number');
  }

  private readBoolean(): boolean {
    const byte = this.readScalar('true or false');
    const text = this.reader.text();
    if (byte === QUOTE && text !== 'true' && text !== 'false') this.fail('true or false');
    return byte === TRUE || text === 'true' || (byte !== QUOTE && byte !== FALSE && Number(text) !== 0);
  }

  /** A number of the enum, by its name too; 0, which stands for none, where it is no such thing. */
  private readEnum(step: Step): number {
    const { reader, whole } = this;
    const byte = this.readScalar('a number or a name');
    if (byte === QUOTE) {
      const known = step.enum.get(reader.text());
      if (known !== undefined) return known;
    }
    const read = byte !== TRUE && byte !== FALSE && byte !== NULL && whole.read(reader.bytes, reader.from, reader.to);
    return read && !whole.negative && whole.high === 0 && whole.low < 2 ** 31 ? whole.low : 0;
  }

  /** A count or flags: the nearest that 32 bits hold. */
  readCount(): number {
    const { whole } = this;
    if (!this.readWhole()) this.fail('an integer from 0 to 2^32 - 1');
    return whole.negative ? 0 : whole.high > 0 ? MOST_32 : whole.low;
  }

  private id(tag: number): void {
    const { reader, writer } = this;
    if (this.readScalar('hexadecimal') !== QUOTE) this.fail('hexadecimal');
    const { bytes, from, to } = reader;
    if ((to - from) % 2 !== 0) this.fail('hexadecimal');
    writer.varint(tag);
    writer.varint((to - from) / 2);
    for (let at = from; at < to; at += 2) {
      const high = hexDigit(bytes[at] as number);
      const low = hexDigit(bytes[at + 1] as number);
      if (high < 0 || low < 0) this.fail('hexadecimal');
      writer.byte(high * 16 + low);
    }
  }

  private varint(tag: number, value: number): void {
    if (tag > 0) this.writer.varint(tag);
    this.writer.varint(value);
  }

  private string(): void {
    this.writer.varint(STRING_VALUE);
    this.text();
  }

  /** The text that was read last, with its length before it. */
  private text(): void {
    const { reader, writer } = this;
    const { bytes, from, to } = reader;
    if (!reader.escaped) {
      writer.bytes(bytes, from, to);
      return;
    }
    const start = writer.begin(1);
    for (let at = from; at < to; ) {
      const byte = bytes[at] as number;
      if (byte === BACKSLASH) at = readEscape(bytes, at + 1, (one) => writer.byte(one));
      else {
        writer.byte(byte);
        at++;
      }
    }
    writer.end(start, 1);
  }
}
