/** Protobuf that was checked on its way in -> OTLP's JSON mapping: ids in hexadecimal, 64-bit integers as strings, absent fields left out. */

import { LENGTH, MalformedError, Wire } from '../store/wire.ts';
import { FIELDS_BY_NUMBER, type FieldType, isMessage, type MessageName, wireType } from './schema.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** Decodes one message. @throws MalformedError on bytes that `checkMessage` would refuse */
export function protobufToJson(bytes: Uint8Array, message: MessageName): JsonObject {
  const wire = new Wire();
  wire.reset(bytes);
  return readMessage(wire, bytes.length, message);
}

function readMessage(wire: Wire, end: number, message: MessageName): JsonObject {
  const object: JsonObject = {};
  const fields = FIELDS_BY_NUMBER[message];
  while (wire.pos < end) {
    const tag = wire.tag(end);
    const field = fields.get(tag >>> 3);
    const packed = field?.repeated === true && (tag & 7) === LENGTH && wireType(field.type) !== LENGTH;
    if (field === undefined || !(packed || (tag & 7) === wireType(field.type))) {
      wire.skip(tag, end);
      continue;
    }
    if (!field.repeated) {
      object[field.name] = readValue(wire, end, field.type);
      continue;
    }
    const list = (object[field.name] ?? []) as Json[];
    object[field.name] = list;
    if (!packed) {
      list.push(readValue(wire, end, field.type));
      continue;
    }
    const stop = wire.length(end);
    while (wire.pos < stop) list.push(readValue(wire, stop, field.type));
  }
  return object;
}

function readValue(wire: Wire, end: number, type: FieldType): Json {
  if (isMessage(type)) return readMessage(wire, wire.length(end), type);
  switch (type) {
    case 'string':
      return readBytes(wire, end).toString('utf8');
    case 'bytes':
      return readBytes(wire, end).toString('base64');
    case 'id':
      return readBytes(wire, end).toString('hex');
    case 'bool':
      return readBigVarint(wire, end) !== 0n;
    case 'double':
      return jsonNumber(wire.view.getFloat64(wire.take(8, end), true));
    case 'fixed32':
      return wire.view.getUint32(wire.take(4, end), true);
    case 'fixed64':
      return unsignedText(wire.view, wire.take(8, end));
    case 'sfixed64':
      return wire.view.getBigInt64(wire.take(8, end), true).toString();
    case 'sint32': {
      const zigzag = Number(BigInt.asUintN(32, readBigVarint(wire, end)));
      return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    case 'uint32':
      return Number(BigInt.asUintN(32, readBigVarint(wire, end)));
    case 'enum':
      return Number(BigInt.asIntN(32, readBigVarint(wire, end)));
    case 'uint64':
      return readBigVarint(wire, end).toString();
    default:
      return BigInt.asIntN(64, readBigVarint(wire, end)).toString();
  }
}

/** Buckets of histograms come in dozens and are small: a BigInt is made only of what a double cannot hold. */
function unsignedText(view: DataView, at: number): string {
  const high = view.getUint32(at + 4, true);
  return high < 2 ** 21 ? String(high * 2 ** 32 + view.getUint32(at, true)) : view.getBigUint64(at, true).toString();
}

/** JSON has no NaN and no infinities: the mapping writes them as strings. */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function readBytes(wire: Wire, end: number): Buffer {
  const stop = wire.length(end);
  const start = wire.pos;
  wire.pos = stop;
  return buffer(wire, start, stop - start);
}

function buffer(wire: Wire, at: number, length: number): Buffer {
  return Buffer.from(wire.bytes.buffer, wire.bytes.byteOffset + at, length);
}

function readBigVarint(wire: Wire, end: number): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = wire.bytes[wire.take(1, end)] as number;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return BigInt.asUintN(64, value);
  }
  throw new MalformedError('a varint of more than 10 bytes');
}
