/** Reads resources and scopes into attribute sets: their attributes, and under keys of their own whatever else they say. */
import { FIELDS, RAW, SCHEMA_URL, SCOPE_NAME, SCOPE_VERSION, STRING } from '../store/attribute-sets.ts';
import type { Block } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';
import type { Dictionary } from '../store/dictionary.ts';
import { MalformedError, Wire } from '../store/wire.ts';
import { readAttribute } from './attributes.ts';
import { withDropped } from './dropped.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { isServiceName } from './service-name.ts';

type AnyBlock = Pick<Block<ColumnSpec>, 'dictionary' | 'sets'>;

/** A range of the request: nothing where `to` is `from`. */
export interface Range {
  from: number;
  to: number;
}

/** Bytes of a resource or scope that are kept: each block with items of it has them once. What is beyond is left out and counted. */
export const MAX_SHARED_BYTES = 2 ** 16;

/** Where a message has what. */
interface Layout {
  attributes: number;
  /** Tag of the count of what was left out. */
  dropped: number;
  /** Keys of strings that are no attributes, by their tag. */
  texts: ReadonlyMap<number, number>;
  /** Tags of the other fields. */
  fields: ReadonlySet<number>;
}

const RESOURCE: Layout = { attributes: 0x0a, dropped: 0x10, texts: new Map(), fields: new Set([0x10, 0x1a]) };
const SCOPE: Layout = {
  attributes: 0x1a,
  dropped: 0x20,
  texts: new Map([
    [0x0a, SCOPE_NAME],
    [0x12, SCOPE_VERSION],
  ]),
  fields: new Set([0x20]),
};

/** A resource or scope of a request. */
export interface Shared {
  /** Where it is in `wire`. */
  at: Range;
  /** Where its schema_url is in the request. */
  url: Range;
  /** The request; or what is kept, where it says more than that. */
  wire: Wire;
}

/** Leaves out what is beyond MAX_SHARED_BYTES, the service's name apart, and counts it. */
export function boundResource(request: Wire, shared: Shared): void {
  bound(request, shared, RESOURCE);
}

/** The same for a scope. */
export function boundScope(request: Wire, shared: Shared): void {
  bound(request, shared, SCOPE);
}

function bound(request: Wire, shared: Shared, { attributes, dropped: droppedTag }: Layout): void {
  const { at, url } = shared;
  shared.wire = request;
  const longUrl = url.to - url.from > MAX_SHARED_BYTES;
  if (at.to - at.from <= MAX_SHARED_BYTES && !longUrl) return;
  const limit = at.from + MAX_SHARED_BYTES;
  const kept = new ProtobufWriter();
  let dropped = longUrl ? 1 : 0;
  if (longUrl) url.to = url.from;
  request.pos = at.from;
  try {
    while (request.pos < at.to) {
      const { pos: from } = request;
      const tag = request.tag(at.to);
      const { pos: value } = request;
      request.skip(tag, at.to);
      const { pos: to } = request;
      if (to <= limit || (tag === attributes && isServiceName(request, value, to))) kept.raw(request.bytes, from, to);
      else dropped++;
    }
  } catch (error) {
    // What comes after is lost; what was read stays.
    if (!(error instanceof MalformedError)) throw error;
    dropped++;
  }
  if (dropped > 0) kept.raw(withDropped(kept.result(), new Map([[droppedTag, dropped]])));
  shared.wire = new Wire(kept.result());
  at.from = 0;
  at.to = kept.length;
}

/** Enters the resource into the block; returns the id of its set. */
export function readResourceSet(request: Wire, shared: Shared, block: AnyBlock): number {
  return readSet(request, shared, block, RESOURCE);
}

/** The same for a scope. */
export function readScopeSet(request: Wire, shared: Shared, block: AnyBlock): number {
  return readSet(request, shared, block, SCOPE);
}

function readSet(request: Wire, { wire, at, url }: Shared, { dictionary, sets }: AnyBlock, layout: Layout): number {
  const { to: end } = at;
  const fields: number[] = [];
  let dropped = 0;
  sets.begin();
  wire.pos = at.from;
  try {
    while (wire.pos < end) {
      const from = wire.pos;
      const tag = wire.tag(end);
      const text = layout.texts.get(tag);
      if (tag === layout.attributes) {
        if (!readAttribute(wire, wire.length(end), dictionary, sets)) dropped++;
      } else if (text !== undefined) {
        const stop = wire.length(end);
        sets.push(text, stringRef(dictionary.intern(wire, wire.pos, stop)));
        wire.pos = stop;
      } else {
        wire.skip(tag, end);
        if (layout.fields.has(tag)) fields.push(from, wire.pos);
      }
    }
  } catch (error) {
    // What comes after is lost; what was read stays.
    if (!(error instanceof MalformedError)) throw error;
    dropped++;
  }
  if (url.to > url.from) sets.push(SCHEMA_URL, stringRef(dictionary.intern(request, url.from, url.to)));
  if (dropped > 0 || fields.length > 0) sets.push(FIELDS, fieldsRef(dictionary, wire, fields, dropped, layout.dropped));
  return sets.end();
}

const stringRef = (id: number): number => ((id << 2) | STRING) >>> 0;

/** The ref of fields as they came, with what was left out counted. */
function fieldsRef(dictionary: Dictionary, wire: Wire, fields: readonly number[], dropped: number, droppedTag: number): number {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < fields.length; i += 2) parts.push(wire.bytes.subarray(fields[i], fields[i + 1]));
  if (dropped > 0) parts.push(withDropped(Buffer.concat(parts), new Map([[droppedTag, dropped]])));
  const all = new Wire(Buffer.concat(parts));
  return ((dictionary.intern(all, 0, all.bytes.length) << 2) | RAW) >>> 0;
}
