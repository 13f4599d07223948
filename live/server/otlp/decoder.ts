/**
 * Room otlp: the wire format, from a request's bytes into the columns and from the columns back to OTLP.
 *
 * What the three signals' requests share: resources, within them scopes, within them items (spans, metrics, log records). One pass over the bytes,
 * straight into the blocks of a ring; nothing is kept of a request that turns out to be malformed.
 */
import { type AttributeSets, STRING } from '../store/attribute-sets.ts';
import type { Block } from '../store/block.ts';
import { type ColumnSpec, widthOf } from '../store/columns.ts';
import type { Dictionary } from '../store/dictionary.ts';
import type { Ring } from '../store/ring.ts';
import { Wire } from '../store/wire.ts';
import { readAttribute, readSet } from './attributes.ts';
import { ServiceNames, UNKNOWN_SERVICE } from './service-name.ts';

/** Under these names a scope's own fields are kept in its set, as OpenTelemetry writes them where a format has no scopes. */
export const SCOPE_NAME = 'otel.scope.name';
export const SCOPE_VERSION = 'otel.scope.version';

/** Items of one request, at most: what its rows take comes on top of the ring's cap until it is committed. */
export const MAX_ITEMS = 1_000_000;

/** Room that one odd item may leave behind. */
const MAX_KEPT_REST = 1000;

/** The request has more items than one request may. */
export class TooManyItemsError extends Error {}

const SCOPE_KEYS = [new Wire(Buffer.from(SCOPE_NAME)), new Wire(Buffer.from(SCOPE_VERSION))] as const;
const FIELD_RESOURCE = 0x0a;
const FIELD_INNER = 0x12;

interface Decoded {
  accepted: number;
  rejected: number;
}

export abstract class Decoder<C extends ColumnSpec> {
  protected readonly wire = new Wire();
  protected readonly ring: Ring<C>;
  protected block: Block<C>;
  protected resource = 0;
  protected scope = 0;
  private readonly decoded: Decoded = { accepted: 0, rejected: 0 };
  private service = UNKNOWN_SERVICE;
  private readonly serviceNames = new ServiceNames();
  private resourceFrom = 0;
  private resourceTo = 0;
  private scopeFrom = 0;
  private scopeTo = 0;
  /** Fields of the present item that have no column: from, to, from, to, ... */
  private readonly rest: number[] = [];
  /** How many of `rest` count: to set an array's length for each item would cost more than all that is kept. */
  private restUsed = 0;

  constructor(ring: Ring<C>) {
    this.ring = ring;
    this.block = ring.blank;
  }

  /**
   * Reads one Export*ServiceRequest into the ring. The caller commits, or rolls back when this throws.
   * @throws MalformedError, TooManyItemsError
   */
  decode(bytes: Uint8Array): Decoded {
    this.decoded.accepted = 0;
    this.decoded.rejected = 0;
    const { wire } = this;
    wire.reset(bytes);
    const end = bytes.length;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_RESOURCE) this.readResource(wire.length(end));
      else wire.skip(tag, end);
    }
    return { ...this.decoded };
  }

  /** Reads one item that ends at `end`. */
  protected abstract item(end: number): void;

  /** The row to write next. Ends on a new block, with the resource and the scope entered, where the block was full. */
  protected nextRow(): number {
    if (this.block.rows === this.block.capacity) this.enter();
    return this.block.rows;
  }

  protected accept(): void {
    this.block.rows++;
    if (++this.decoded.accepted > MAX_ITEMS) throw new TooManyItemsError(`more than ${MAX_ITEMS} items in one request`);
  }

  /** Leaves out the item whose row was being written. */
  protected reject(row: number): void {
    for (const column of Object.values<Uint32Array>(this.block.columns)) {
      const words = widthOf(column, this.block.capacity);
      column.fill(0, row * words, (row + 1) * words);
    }
    if (++this.decoded.rejected > MAX_ITEMS) throw new TooManyItemsError(`more than ${MAX_ITEMS} items in one request`);
  }

  /** Notes that bytes [from, to) of the request go with the item as they are. */
  protected keepRest(from: number, to: number): void {
    const { rest } = this;
    if (this.restUsed > 0 && rest[this.restUsed - 1] === from) {
      rest[this.restUsed - 1] = to;
      return;
    }
    rest[this.restUsed++] = from;
    rest[this.restUsed++] = to;
  }

  /** Stores what keepRest noted; returns the value for a `rest` column. */
  protected storeRest(dictionary: Dictionary): number {
    const { rest } = this;
    if (this.restUsed === 0) return 0;
    const id = dictionary.begin();
    for (let i = 0; i < this.restUsed; i += 2) dictionary.part(this.wire, rest[i] as number, rest[i + 1] as number);
    this.restUsed = 0;
    if (rest.length > MAX_KEPT_REST) rest.length = 0;
    return id + 1;
  }

  /** Copies the eight bytes at `from` to two words of a column. */
  protected copy8(column: Uint32Array, row: number, from: number): void {
    column[row * 2] = this.wire.u32(from);
    column[row * 2 + 1] = this.wire.u32(from + 4);
  }

  private readResource(end: number): void {
    const { wire } = this;
    const start = wire.pos;
    this.resourceFrom = start;
    this.resourceTo = start;
    // The resource may come after the scopes: look for it first.
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_RESOURCE) {
        this.resourceTo = wire.length(end);
        this.resourceFrom = wire.pos;
        wire.pos = this.resourceTo;
      } else wire.skip(tag, end);
    }
    this.service = this.serviceNames.find(wire, this.resourceFrom, this.resourceTo);
    wire.pos = start;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_INNER) this.readScope(wire.length(end));
      else wire.skip(tag, end);
    }
  }

  private readScope(end: number): void {
    const { wire } = this;
    const start = wire.pos;
    this.scopeFrom = start;
    this.scopeTo = start;
    let items = 0;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_RESOURCE) {
        this.scopeTo = wire.length(end);
        this.scopeFrom = wire.pos;
        wire.pos = this.scopeTo;
      } else {
        if (tag === FIELD_INNER) items++;
        wire.skip(tag, end);
      }
    }
    wire.pos = start;
    if (items === 0) return;
    this.enter();
    wire.pos = start;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_INNER) {
        const stop = wire.length(end);
        this.restUsed = 0;
        this.item(stop);
      } else wire.skip(tag, end);
    }
  }

  /** Goes to the block that takes the service's next row, and enters the resource and the scope there. */
  private enter(): void {
    const { wire } = this;
    const back = wire.pos;
    this.block = this.ring.writable(this.service);
    const { dictionary, sets } = this.block;
    wire.pos = this.resourceFrom;
    this.resource = readSet(wire, this.resourceTo, FIELD_RESOURCE, dictionary, sets);
    wire.pos = this.scopeFrom;
    this.scope = this.readScopeSet(dictionary, sets);
    wire.pos = back;
  }

  private readScopeSet(dictionary: Dictionary, sets: AttributeSets): number {
    const { wire, scopeTo: end } = this;
    sets.begin();
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === 0x0a || tag === 0x12) {
        const stop = wire.length(end);
        const key = SCOPE_KEYS[tag === 0x0a ? 0 : 1];
        const text = dictionary.intern(wire, wire.pos, stop);
        sets.push(dictionary.intern(key, 0, key.bytes.length), ((text << 2) | STRING) >>> 0);
        wire.pos = stop;
      } else if (tag === 0x1a) readAttribute(wire, wire.length(end), dictionary, sets);
      else wire.skip(tag, end);
    }
    return sets.end();
  }
}
