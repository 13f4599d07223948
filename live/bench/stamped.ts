/** A request of spans that is made once, and gets new ids and times for each sending: making its attributes anew costs the sender more than the receiver. */
import { randomFillSync } from 'node:crypto';
import { Wire } from '../server/store/wire.ts';
import { batch } from './batches.ts';

/** Tags of TracesData down to a span: resource_spans, scope_spans, spans. */
const DOWN = [0x0a, 0x12, 0x12];
const ID_BYTES = 32;

/** Where a span's fields lie in the request. */
interface Place {
  trace: number;
  span: number;
  parent: number;
  start: number;
  end: number;
  durationNanos: bigint;
}

export class StampedBatch {
  readonly body: Buffer;
  readonly size: number;
  private readonly places: Place[] = [];
  private readonly ids: Buffer;

  constructor(service: string, size: number) {
    this.size = size;
    this.body = batch('traces', size, service);
    this.ids = Buffer.alloc(size * ID_BYTES);
    this.find(new Wire(this.body), this.body.length, 0);
    if (this.places.length !== size) throw new Error(`found ${this.places.length} spans in a request of ${size}`);
  }

  /**
   * Gives every span ids that none had before, and lets all of them end at `endMs` (since 1970).
   * @param body where the request lies from `at` on, if not in `this.body`
   */
  stamp(endMs: number, body = this.body, at = 0): void {
    const { ids, places } = this;
    const endNanos = BigInt(endMs) * 1_000_000n;
    randomFillSync(ids);
    for (const [i, { trace, span, parent, start, end, durationNanos }] of places.entries()) {
      const from = i * ID_BYTES;
      ids.copy(body, at + trace, from, from + 16);
      ids.copy(body, at + span, from + 16, from + 24);
      ids.copy(body, at + parent, from + 24, from + 32);
      body.writeBigUInt64LE(endNanos - durationNanos, at + start);
      body.writeBigUInt64LE(endNanos, at + end);
    }
  }

  /** The trace ids of the last stamp, in hex. */
  traceIds(): string[] {
    return this.places.map((_, i) => this.ids.toString('hex', i * ID_BYTES, i * ID_BYTES + 16));
  }

  private find(wire: Wire, end: number, depth: number): void {
    if (depth === DOWN.length) {
      this.places.push(placeOf(wire, end, this.body));
      return;
    }
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === DOWN[depth]) this.find(wire, wire.length(end), depth + 1);
      else wire.skip(tag, end);
    }
  }
}

/** Reads a span up to `end`: its fields by tag. */
function placeOf(wire: Wire, end: number, body: Buffer): Place {
  const at = new Map<number, number>();
  while (wire.pos < end) {
    const tag = wire.tag(end);
    const from = wire.pos;
    wire.skip(tag, end);
    // Ids are shorter than 128 bytes: their length is one byte.
    at.set(tag, (tag & 7) === 2 ? from + 1 : from);
  }
  const place = (tag: number): number => {
    const found = at.get(tag);
    if (found === undefined) throw new Error(`a span without field ${tag >>> 3}`);
    return found;
  };
  const [start, stop] = [place(0x39), place(0x41)];
  const durationNanos = body.readBigUInt64LE(stop) - body.readBigUInt64LE(start);
  return { trace: place(0x0a), span: place(0x12), parent: place(0x22), start, end: stop, durationNanos };
}
