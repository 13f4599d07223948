/**
 * OTLP's messages for protobufjs, apart from the table that the server reads by, so that one checks the other: the descriptors of opentelemetry-proto's
 * newest release (io.opentelemetry.proto:opentelemetry-proto:1.11.0-alpha on Maven Central), as protobufjs writes them, without comments and options.
 * OPENTELEMETRY_PROTO=<folder> takes another release's .proto files instead.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const DESCRIPTORS = new URL('otlp-1.11.json', import.meta.url);

function read(folder: string | undefined): protobuf.Root {
  if (folder === undefined) return protobuf.Root.fromJSON(JSON.parse(readFileSync(DESCRIPTORS, 'utf8')) as protobuf.INamespace);
  const read = new protobuf.Root();
  read.resolvePath = (_, target) => join(folder, target);
  return read.loadSync(['trace', 'metrics', 'logs'].map((signal) => `opentelemetry/proto/${signal}/v1/${signal}.proto`));
}

export const root = read(process.env.OPENTELEMETRY_PROTO).resolveAll();

export type OracleMessage = 'TracesData' | 'LogsData' | 'MetricsData';

/** Encodes with protobufjs. Ids are bytes, 64-bit integers strings. */
export function oracleEncode(message: OracleMessage, object: object): Buffer {
  const type = root.lookupType(message);
  return Buffer.from(type.encode(type.fromObject(object)).finish());
}

/** Decodes with protobufjs: 64-bit integers as strings, bytes as Buffers. */
export function oracleDecode(message: OracleMessage, bytes: Uint8Array): object {
  const type = root.lookupType(message);
  return type.toObject(type.decode(bytes), { longs: String, bytes: Buffer });
}
