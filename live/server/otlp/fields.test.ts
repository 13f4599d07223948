/** Every field of OTLP's newest release is known, comes in by protobuf and by JSON, and goes out again. */
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { exportRows } from '../page/export.ts';
import { Live } from '../receive/live.ts';
import { type OracleMessage, oracleDecode, oracleEncode, root } from '../testing/otlp-proto.ts';
import type { JsonObject } from './protobuf-to-json.ts';
import { isMessage, MESSAGES, type MessageName } from './schema.ts';

/** Fields that point into a dictionary which profiles alone have: elsewhere they must not be used. */
const OF_PROFILES = new Set(['AnyValue.stringValueStrindex', 'KeyValue.keyStrindex']);
const ALL = { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN };
const CAPS = { traces: 2 ** 22, metrics: 2 ** 22, logs: 2 ** 22 };

const nameOf = (type: protobuf.Type): string => (type.name === 'InstrumentationScope' ? 'Scope' : type.name);

/** The type and all that its fields are of. */
function reachable(type: protobuf.Type, found = new Map<string, protobuf.Type>()): Map<string, protobuf.Type> {
  if (found.has(nameOf(type))) return found;
  found.set(nameOf(type), type);
  for (const { resolvedType } of type.fieldsArray) if (resolvedType instanceof protobuf.Type) reachable(resolvedType, found);
  return found;
}

const known = (type: protobuf.Type): protobuf.Field[] =>
  type.fieldsArray.filter(({ name }) => !OF_PROFILES.has(`${nameOf(type)}.${name}`));

const SIGNALS = { traces: 'TracesData', metrics: 'MetricsData', logs: 'LogsData' } as const satisfies Record<
  string,
  OracleMessage
>;
const types = new Map(Object.values(SIGNALS).flatMap((name) => [...reachable(root.lookupType(name))]));

describe.each([...types])('%s', (name, type) => {
  it('has each field by its name, its number, its type and whether it is repeated', () => {
    expect(name in MESSAGES).toBe(true);
    const wanted = known(type).map((field) => {
      const { resolvedType } = field;
      const of =
        resolvedType instanceof protobuf.Type
          ? nameOf(resolvedType)
          : resolvedType instanceof protobuf.Enum
            ? 'enum'
            : field.type;
      return [field.name, field.id, of, field.repeated];
    });
    const found = Object.entries(MESSAGES[name as MessageName]).map(([field, [number, of, repeated]]) => [
      field,
      number,
      // Ids are bytes that JSON writes in another way.
      of === 'id' ? 'bytes' : of,
      repeated !== undefined,
    ]);
    expect(found.sort()).toEqual(wanted.sort());
  });
});

/** Something for every field; of a oneof the member that comes at `turn`, since there can be one alone. */
function filled(type: protobuf.Type, turn: number, depth = 0): Record<string, unknown> {
  let serial = 0;
  const value = (field: protobuf.Field): unknown => {
    const { resolvedType } = field;
    serial++;
    if (resolvedType instanceof protobuf.Enum) return 1 + (turn % 2);
    if (resolvedType instanceof protobuf.Type)
      return depth > 12 ? {} : filled(resolvedType, turn + (depth > 6 ? 7 : 0), depth + 1);
    if (field.type === 'string') return `${field.name} ${serial}`;
    if (field.type === 'bytes') return Buffer.alloc(field.name === 'traceId' ? 16 : 8, serial + 1);
    if (field.type === 'bool') return true;
    return field.type === 'double' ? serial + 0.5 : /64/.test(field.type) ? String(serial + 1) : serial + 1;
  };
  const object: Record<string, unknown> = {};
  for (const field of known(type)) {
    const among = field.partOf?.fieldsArray.filter((one) => known(type).includes(one)) ?? [];
    if (among.length > 1 && among[turn % among.length] !== field) continue;
    if (depth > 12 && field.resolvedType instanceof protobuf.Type) continue;
    object[field.name] = field.repeated ? [value(field)] : value(field);
  }
  return object;
}

/** What protobufjs reads, with the names of each object in one order. */
const canonical = (message: OracleMessage, bytes: Uint8Array): string =>
  JSON.stringify(oracleDecode(message, bytes), (_, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

/** Export's JSON as bytes, by protobufjs: ids are hexadecimal there, other bytes are not. */
function encoded(message: OracleMessage, json: JsonObject): Buffer {
  const idsAsBytes = JSON.parse(JSON.stringify(json), (name, one: unknown) =>
    /^(trace|span|parentSpan)Id$/.test(name) && typeof one === 'string' ? Buffer.from(one, 'hex').toString('base64') : one,
  ) as object;
  return oracleEncode(message, idsAsBytes);
}

describe.each(Object.entries(SIGNALS))('%s', (signal, message) => {
  it.each([0, 1, 2, 3, 4, 5, 6])('with something in every field goes out as it came in, by protobuf and by JSON (%i)', (turn) => {
    const object = filled(root.lookupType(message), turn);
    const bytes = oracleEncode(message, object);
    const live = new Live(CAPS);
    expect(live.take(signal as keyof typeof SIGNALS, bytes, 'key')).toMatchObject({ held: 1, rejected: 0 });
    const out = exportRows(live, signal, ALL, 10);
    expect(canonical(message, encoded(message, out))).toBe(canonical(message, bytes));
    const again = new Live(CAPS);
    again.take(signal as keyof typeof SIGNALS, Buffer.from(JSON.stringify(out)), 'key', 'json');
    expect(exportRows(again, signal, ALL, 10)).toEqual(out);
  });
});

it('knows no message that OTLP has not', () => {
  const ours = Object.keys(MESSAGES).filter((name) => isMessage(name as MessageName));
  expect(ours.sort()).toEqual([...types.keys()].sort());
});
