/**
 * OTLP's JSON mapping -> protobuf, so that both come to the store the same way. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding:
 * lowerCamelCase names (the proto's own names are taken too), ids in hexadecimal, 64-bit integers as strings or numbers, unknown names ignored.
 *
 * Written from the back to the front: a message's length is known when its tag is due.
 */

import { MAX_DEPTH, MalformedError } from '../store/wire.ts';
import { type FieldType, isMessage, MESSAGES, type MessageName, wireType } from './schema.ts';

interface Step {
  name: string;
  snake: string;
  tag: number;
  type: FieldType;
  repeated: boolean;
}

/** Fields of each message, the last first. */
const STEPS = Object.fromEntries(
  Object.entries(MESSAGES).map(([message, fields]) => [
    message,
    Object.entries(fields)
      .map(([name, [number, type, repeated]]): Step => {
        const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
        return { name, snake, tag: number * 8 + wireType(type), type, repeated: repeated !== undefined };
      })
      .reverse(),
  ]),
) as Record<MessageName, Step[]>;

/**
 * Parses and encodes one OTLP JSON message.
 * @throws MalformedError that says which field is wrong
 */
export function jsonToProtobuf(json: string, message: MessageName): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new MalformedError(`not JSON: ${(error as Error).message}`);
  }
  return objectToProtobuf(value, message);
}

/** The same for JSON that is parsed already. */
export function objectToProtobuf(value: unknown, message: MessageName): Uint8Array {
  const writer = new BackWriter();
  writeMessage(writer, value, message, message, 0);
  return writer.result();
}

function writeMessage(writer: BackWriter, value: unknown, message: MessageName, path: string, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object', value);
  if (depth > MAX_DEPTH) throw new MalformedError(`objects nested more than ${MAX_DEPTH} deep: ${path.slice(0, 100)}`);
  const object = value as Record<string, unknown>;
  for (const step of STEPS[message]) {
    const field = object[step.name] ?? object[step.snake];
    if (field === undefined || field === null) continue;
    if (!step.repeated) {
      writeField(writer, step, field, `${path}.${step.name}`, depth);
      continue;
    }
    if (!Array.isArray(field)) throw wrong(`${path}.${step.name}`, 'an array', field);
    for (let i = field.length - 1; i >= 0; i--) writeField(writer, step, field[i], `${path}.${step.name}`, depth);
  }
}

function writeField(writer: BackWriter, step: Step, value: unknown, path: string, depth: number): void {
  if (isMessage(step.type)) {
    const end = writer.length;
    writeMessage(writer, value, step.type, path, depth + 1);
    writer.varint(writer.length - end);
  } else {
    writeScalar(writer, step.type, value, path);
  }
  writer.varint(step.tag);
}

function writeScalar(writer: BackWriter, type: FieldType, value: unknown, path: string): void {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw wrong(path, 'a string', value);
      writer.bytes(Buffer.from(value, 'utf8'));
      return;
    case 'bytes':
      if (typeof value !== 'string') throw wrong(path, 'base64', value);
      writer.bytes(Buffer.from(value, 'base64'));
      return;
    case 'id':
      if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(value))
        throw wrong(path, 'hexadecimal', value);
      writer.bytes(Buffer.from(value, 'hex'));
      return;
    case 'bool':
      if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
      writer.varint(value ? 1 : 0);
      return;
    case 'double':
      writer.double(toDouble(value, path));
      return;
    case 'sint32': {
      const number = Number(toInteger(value, -(2n ** 31n), 2n ** 31n - 1n, path));
      writer.varint(((number << 1) ^ (number >> 31)) >>> 0);
      return;
    }
    case 'fixed32':
      writer.fixed(toInteger(value, 0n, 2n ** 32n - 1n, path), 4);
      return;
    case 'fixed64':
      writer.fixed(toInteger(value, 0n, 2n ** 64n - 1n, path), 8);
      return;
    case 'sfixed64':
      writer.fixed(toInteger(value, -(2n ** 63n), 2n ** 63n - 1n, path), 8);
      return;
    case 'int64':
      writer.varint64(toInteger(value, -(2n ** 63n), 2n ** 63n - 1n, path));
      return;
    case 'uint64':
      writer.varint64(toInteger(value, 0n, 2n ** 64n - 1n, path));
      return;
    default:
      writer.varint64(toInteger(value, -(2n ** 31n), 2n ** 32n - 1n, path));
  }
}

function toInteger(value: unknown, least: bigint, most: bigint, path: string): bigint {
  const whole = typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!whole) throw wrong(path, 'an integer', value);
  const integer = BigInt(value as number | string);
  if (integer < least || integer > most) throw wrong(path, `an integer from ${least} to ${most}`, value);
  return integer;
}

function toDouble(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][-+]?\d+)?)$/.test(value)) return Number(value);
  throw wrong(path, 'a number', value);
}

function wrong(path: string, wanted: string, value: unknown): MalformedError {
  return new MalformedError(`${path} must be ${wanted}, not ${String(JSON.stringify(value)).slice(0, 60)}`);
}

class BackWriter {
  private buffer = Buffer.allocUnsafe(4096);
  private start = 4096;

  get length(): number {
    return this.buffer.length - this.start;
  }

  result(): Uint8Array {
    return this.buffer.subarray(this.start);
  }

  bytes(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.buffer.set(bytes, this.start);
    this.varint(bytes.length);
  }

  varint(value: number): void {
    const length = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    let rest = value;
    this.room(length);
    for (let i = 0; i < length; i++) {
      this.buffer[this.start + i] = (rest & 127) | (i < length - 1 ? 128 : 0);
      rest >>>= 7;
    }
  }

  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    const bytes: number[] = [];
    do {
      bytes.push(Number(rest & 127n));
      rest >>= 7n;
    } while (rest > 0n);
    this.room(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.buffer[this.start + i] = (bytes[i] as number) | (i < bytes.length - 1 ? 128 : 0);
  }

  double(value: number): void {
    this.room(8);
    this.buffer.writeDoubleLE(value, this.start);
  }

  fixed(value: bigint, length: 4 | 8): void {
    this.room(length);
    if (length === 4) this.buffer.writeUInt32LE(Number(value), this.start);
    else this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.start);
  }

  /** Moves the start back by `length`. */
  private room(length: number): void {
    if (this.start < length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + length));
      const start = larger.length - this.length;
      this.buffer.copy(larger, start, this.start);
      this.buffer = larger;
      this.start = start;
    }
    this.start -= length;
  }
}
