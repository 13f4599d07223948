/** Reads what blocks hold: times, ids, attribute values. */
import { FALSE, FIELDS, isAttribute, NO_VALUE, RAW, SMALL_INT, STRING, TRUE } from '../store/attribute-sets.ts';
import type { Block } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';
import { remembered } from '../store/remembered.ts';
import { OTHER_SERVICES } from '../store/ring.ts';
import { type Json, type JsonObject, protobufToJson } from './protobuf-to-json.ts';
import type { MessageName } from './schema.ts';
import { UNKNOWN_SERVICE } from './service-name.ts';

type AnyBlock = Pick<Block<ColumnSpec>, 'dictionary' | 'sets'>;

export const NANOS_PER_MS = 1e6;

const WORD = 2 ** 32;

/** The high word counts 2^32 ns: so many milliseconds, and so many nanoseconds more. */
const HIGH_MS = 4294;
const HIGH_NANOS = 967_296;

/**
 * Milliseconds since 1970 of a time column's row; 0 where no time was given. Whole milliseconds are exact, all else is the nearest float: to 0.2 us.
 * (The nanoseconds themselves are beyond what floats hold: as one number they would be off by so much that a whole millisecond could come out smaller.)
 */
export function timeMs(column: Uint32Array, row: number): number {
  const high = column[row * 2 + 1] as number;
  return high * HIGH_MS + (high * HIGH_NANOS + (column[row * 2] as number)) / NANOS_PER_MS;
}

/** The same as OTLP JSON writes it: exact nanoseconds. */
export function timeNanos(column: Uint32Array, row: number): string {
  return ((BigInt(column[row * 2 + 1] as number) << 32n) | BigInt(column[row * 2] as number)).toString();
}

/** How many nanoseconds one time is after another: exact up to 104 days. */
export function nanosAfter(column: Uint32Array, row: number, other: Uint32Array, otherRow: number): number {
  const high = (column[row * 2 + 1] as number) - (other[otherRow * 2 + 1] as number);
  return high * WORD + ((column[row * 2] as number) - (other[otherRow * 2] as number));
}

/** End minus start in nanoseconds: exact up to 104 days, never below 0 (clocks do go back). */
export function durationNanos(start: Uint32Array, end: Uint32Array, row: number): number {
  return Math.max(0, nanosAfter(end, row, start, row));
}

/** Each byte in hexadecimal. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** An id of `words` words in hexadecimal; '' where it is all zeros. */
export function idText(column: Uint32Array, row: number, words: number): string {
  let text = '';
  let any = 0;
  for (let word = 0; word < words; word++) {
    const bits = column[row * words + word] as number;
    any |= bits;
    for (let shift = 0; shift < 32; shift += 8) text += HEX[(bits >>> shift) & 255];
  }
  return any === 0 ? '' : text;
}

/** The words of a hexadecimal id, as the columns hold them. */
export function idWords(hex: string): number[] {
  const words: number[] = [];
  for (let i = 0; i < hex.length; i += 8) words.push(swap(Number.parseInt(hex.slice(i, i + 8), 16)));
  return words;
}

const swap = (bits: number): number => ((bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24)) >>> 0;

/** A value ref as an AnyValue in OTLP JSON. */
export function anyValue(block: AnyBlock, ref: number): JsonObject {
  switch (ref & 3) {
    case STRING:
      return { stringValue: block.dictionary.text(ref >>> 2) };
    case SMALL_INT:
      return { intValue: String(ref >>> 2) };
    case RAW:
      return protobufToJson(block.dictionary.view(ref >>> 2), 'AnyValue');
    default:
      return ref === NO_VALUE ? {} : { boolValue: ref === TRUE };
  }
}

/** A value ref as plain JSON: integers beyond 2^53 and bytes (base64) as strings. */
function plainValue(block: AnyBlock, ref: number): Json {
  switch (ref & 3) {
    case STRING:
      return block.dictionary.text(ref >>> 2);
    case SMALL_INT:
      return ref >>> 2;
    case RAW:
      return plain(anyValue(block, ref));
    default:
      return ref === NO_VALUE ? null : ref !== FALSE;
  }
}

/** A value ref as text: strings as they are, all else as JSON. */
export function valueText(block: AnyBlock, ref: number): string {
  const value = plainValue(block, ref);
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
}

function plain(value: JsonObject): Json {
  const [kind, inner] = Object.entries(value).at(-1) ?? [];
  switch (kind) {
    case undefined:
      return null;
    case 'intValue':
      return Number.isSafeInteger(Number(inner)) ? Number(inner) : (inner ?? null);
    case 'arrayValue':
      return list(inner).map((one) => plain(one));
    case 'kvlistValue':
      return Object.fromEntries(list(inner).map(({ key, value: of }) => [String(key ?? ''), plain((of ?? {}) as JsonObject)]));
    default:
      return inner ?? null;
  }
}

function list(inner: Json | undefined): JsonObject[] {
  return (((inner ?? {}) as JsonObject).values ?? []) as JsonObject[];
}

/** A set as OTLP JSON's list of KeyValue. */
export function keyValues(block: AnyBlock, set: number): JsonObject[] {
  return pairs(block, set).map(([key, ref]) => ({ key, value: anyValue(block, ref) }));
}

/** A set as a plain object. */
export function plainAttributes(block: AnyBlock, set: number): JsonObject {
  return Object.fromEntries(pairs(block, set).map(([key, ref]) => [key, plainValue(block, ref)]));
}

function pairs({ dictionary, sets }: AnyBlock, set: number): [key: string, ref: number][] {
  const found: [string, number][] = [];
  for (let i = 0; i < sets.size(set); i++) {
    const key = sets.keyAt(set, i);
    if (isAttribute(key)) found.push([dictionary.text(key), sets.valueAt(set, i)]);
  }
  return found;
}

/** Each row's service. Of most blocks it is one; of one that services share, the rows' resources say it. */
export function servicesOf(block: AnyBlock & Pick<Block<{ resource: 1 }>, 'service' | 'columns'>): (row: number) => string {
  const { resource } = block.columns;
  const ofResource = serviceByResource(block);
  return (row) => ofResource(resource[row] as number);
}

/** The same by the set of the resource. */
export function serviceByResource(block: AnyBlock & { service: string }): (set: number) => string {
  const { service } = block;
  if (service !== OTHER_SERVICES) return () => service;
  return remembered((set) => String(plainAttributes(block, set)['service.name'] || UNKNOWN_SERVICE));
}

/** The ref of the value that a set has under a key (a dictionary id); NO_VALUE where it has none. */
export function valueUnder({ sets }: AnyBlock, set: number, key: number): number {
  for (let i = 0; i < sets.size(set); i++) if (sets.keyAt(set, i) === key) return sets.valueAt(set, i);
  return NO_VALUE;
}

/** The string that a set has under a key; undefined where it has none. */
export function textUnder(block: AnyBlock, set: number, key: number): string | undefined {
  const ref = valueUnder(block, set, key);
  return (ref & 3) === STRING ? block.dictionary.text(ref >>> 2) : undefined;
}

/** What a set's message says besides attributes and texts. */
export function fieldsOf(block: AnyBlock, set: number, message: MessageName): JsonObject {
  const ref = valueUnder(block, set, FIELDS);
  return (ref & 3) === RAW ? protobufToJson(block.dictionary.view(ref >>> 2), message) : {};
}
