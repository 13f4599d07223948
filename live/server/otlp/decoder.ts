/**
 * Room otlp: the wire format, from a request's bytes into the columns and from the columns back to OTLP.
 *
 * What the three signals' requests share: resources, within them scopes, within them items (spans, metrics, log records). One pass over the bytes,
 * straight into the blocks of a ring. An item that cannot be read is left out and counted; nothing is kept of a request that is none.
 *
 * What a resource, a scope or a metric says is entered once for each block it has items in, not for each of them: nothing costs more than its bytes.
 */
import type { Block } from '../store/block.ts';
import { type ColumnSpec, widthOf } from '../store/columns.ts';
import type { Dictionary } from '../store/dictionary.ts';
import type { Ring } from '../store/ring.ts';
import { MalformedError, TooLargeError, Wire } from '../store/wire.ts';
import { withDropped } from './dropped.ts';
import { boundResource, boundScope, readResourceSet, readScopeSet, type Shared } from './resource.ts';
import { ServiceNames, UNKNOWN_SERVICE } from './service-name.ts';

/** Items of one request, at most: what its rows take comes on top of the ring's cap until it is committed. */
export const MAX_ITEMS = 500_000;

/** Attributes of one item: what comes after is left out and counted. SDKs keep 128 by default. */
export const MAX_ATTRIBUTES = 16_384;

/** A block that is not the first of its resource has at least one row for so many bytes that are entered in it anew. */
const SHARED_BYTES_PER_ROW = 16;

/** Room that one odd item may leave behind. */
const MAX_KEPT_REST = 1000;

const FIELD_RESOURCE = 0x0a;
const FIELD_INNER = 0x12;
const FIELD_SCHEMA_URL = 0x1a;

/** Why an item was left out: its ids are not what OTLP says, or it cannot be read. */
export type Reason = 'invalid_id' | 'malformed';

export interface Decoded {
  accepted: number;
  rejected: Record<Reason, number>;
  /** What was wrong with the first that cannot be read; '' where all can. */
  problem: string;
}

const nothing = (): Decoded => ({ accepted: 0, rejected: { invalid_id: 0, malformed: 0 }, problem: '' });

export abstract class Decoder<C extends ColumnSpec> {
  protected readonly wire = new Wire();
  protected readonly ring: Ring<C>;
  protected block: Block<C>;
  protected resource = 0;
  protected scope = 0;
  private decoded = nothing();
  private total = 0;
  private service = UNKNOWN_SERVICE;
  private readonly serviceNames = new ServiceNames();
  private readonly resourceIn: Shared = { at: { from: 0, to: 0 }, url: { from: 0, to: 0 }, wire: this.wire };
  private readonly scopeIn: Shared = { at: { from: 0, to: 0 }, url: { from: 0, to: 0 }, wire: this.wire };
  /** The block that `resource` is an id of; undefined where it is of none yet. */
  private entered: Block<C> | undefined;
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
   * @throws MalformedError, TooLargeError
   */
  decode(bytes: Uint8Array): Decoded {
    this.decoded = nothing();
    this.total = 0;
    this.entered = undefined;
    const { wire } = this;
    wire.reset(bytes);
    const end = bytes.length;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_RESOURCE) this.readResource(wire.length(end));
      else wire.skip(tag, end);
    }
    return this.decoded;
  }

  /** Reads one item that ends at `end`. */
  protected abstract item(end: number): void;

  /** The row to write next. Ends on a new block, with the resource and the scope entered, where the block was full. */
  protected nextRow(): number {
    if (this.block.isFull) this.enter();
    return this.block.rows;
  }

  protected accept(): void {
    this.block.rows++;
    this.decoded.accepted++;
    this.count();
  }

  /** Leaves out the item whose row was being written. */
  protected reject(reason: Reason, problem = ''): void {
    const { block, decoded } = this;
    for (const column of Object.values<Uint32Array>(block.columns)) {
      const words = widthOf(column, block.capacity);
      column.fill(0, block.rows * words, (block.rows + 1) * words);
    }
    decoded.rejected[reason]++;
    if (decoded.problem === '') decoded.problem = problem;
    this.count();
  }

  /** Reads an item, or a part of one that may be left out alone, up to `end`. */
  protected guarded(end: number, read: (end: number) => void): void {
    try {
      read.call(this, end);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.reject('malformed', error.message);
    }
    this.wire.pos = end;
  }

  /** Bytes that each new block takes besides its rows. */
  protected sharedBytes(): number {
    const { resourceIn, scopeIn } = this;
    return [resourceIn.at, resourceIn.url, scopeIn.at, scopeIn.url].reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Begins an item: what the one before it kept is done with. */
  protected begin(): void {
    this.restUsed = 0;
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

  /**
   * Stores what keepRest noted; returns the value for a `rest` column.
   * @param dropped what was left out, by the tag of the field that counts it
   */
  protected storeRest(dictionary: Dictionary, dropped?: ReadonlyMap<number, number>): number {
    const { rest } = this;
    if (this.restUsed === 0 && dropped === undefined) return 0;
    const id = dictionary.begin();
    for (let i = 0; i < this.restUsed; i += 2) dictionary.part(this.wire, rest[i] as number, rest[i + 1] as number);
    if (dropped !== undefined) {
      const more = new Wire(withDropped(dictionary.view(id), dropped));
      dictionary.part(more, 0, more.bytes.length);
    }
    this.restUsed = 0;
    if (rest.length > MAX_KEPT_REST) rest.length = 0;
    return id + 1;
  }

  /** Copies the eight bytes at `from` to two words of a column. */
  protected copy8(column: Uint32Array, row: number, from: number): void {
    column[row * 2] = this.wire.u32(from);
    column[row * 2 + 1] = this.wire.u32(from + 4);
  }

  private count(): void {
    if (++this.total > MAX_ITEMS) throw new TooLargeError(`more than ${MAX_ITEMS} items in one request`);
  }

  private readResource(end: number): void {
    const { wire } = this;
    const start = wire.pos;
    // The resource may come after the scopes: look for it first.
    const { resourceIn } = this;
    this.findParts(end, resourceIn);
    boundResource(wire, resourceIn);
    this.service = this.serviceNames.find(resourceIn.wire, resourceIn.at.from, resourceIn.at.to);
    this.entered = undefined;
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
    const items = this.findParts(end, this.scopeIn);
    if (items === 0) return;
    boundScope(wire, this.scopeIn);
    this.enter();
    wire.pos = start;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === FIELD_INNER) {
        const stop = wire.length(end);
        this.begin();
        this.guarded(stop, this.item);
      } else wire.skip(tag, end);
    }
  }

  /** Finds the resource or scope, and its schema_url, in what holds them; returns how many other parts that has. */
  private findParts(end: number, { at, url }: Shared): number {
    const { wire } = this;
    at.to = at.from;
    url.to = url.from;
    let parts = 0;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      const range = tag === FIELD_RESOURCE ? at : tag === FIELD_SCHEMA_URL ? url : undefined;
      if (range === undefined) {
        if (tag === FIELD_INNER) parts++;
        wire.skip(tag, end);
      } else {
        range.to = wire.length(end);
        range.from = wire.pos;
        wire.pos = range.to;
      }
    }
    return parts;
  }

  /** Goes to the block that takes the service's next row, and enters the resource and the scope there. */
  private enter(): void {
    const { wire } = this;
    const back = wire.pos;
    const shared = this.entered === undefined ? 0 : this.sharedBytes();
    const block = this.ring.writable(this.service, Math.ceil(shared / SHARED_BYTES_PER_ROW));
    this.block = block;
    if (this.entered !== block) this.resource = readResourceSet(wire, this.resourceIn, block);
    this.entered = block;
    this.scope = readScopeSet(wire, this.scopeIn, block);
    wire.pos = back;
  }
}
