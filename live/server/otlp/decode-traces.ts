/** ExportTraceServiceRequest -> rows of spans. */

import type { SPAN_COLUMNS } from '../store/columns.ts';
import { LENGTH, MalformedError } from '../store/wire.ts';
import { readAttribute } from './attributes.ts';
import { checkMessage } from './check.ts';
import { Decoder, MAX_ATTRIBUTES } from './decoder.ts';

/** Kinds and status codes that OTLP knows; any other is stored as 0 (unspecified, unset). */
const KINDS = 6;
const STATUSES = 3;

/** Tags of the fields that count what was left out. */
const DROPPED_ATTRIBUTES = 0x50;
const DROPPED_EVENTS = 0x60;
const DROPPED_LINKS = 0x70;

export class TraceDecoder extends Decoder<typeof SPAN_COLUMNS> {
  private dropped: Map<number, number> | undefined;

  protected item(end: number): void {
    const row = this.nextRow();
    const { wire } = this;
    const { columns, dictionary, sets } = this.block;
    let traceAt = -1;
    let spanAt = -1;
    let valid = true;
    let meta = 0;
    let name = -1;
    let attributes = 0;
    this.dropped = undefined;
    sets.begin();
    while (wire.pos < end) {
      const from = wire.pos;
      const tag = wire.tag(end);
      switch (tag) {
        case 0x4a: {
          const stop = wire.length(end);
          if (++attributes > MAX_ATTRIBUTES) {
            wire.pos = stop;
            this.drop(DROPPED_ATTRIBUTES);
          } else if (!readAttribute(wire, stop, dictionary, sets)) this.drop(DROPPED_ATTRIBUTES);
          break;
        }
        case 0x0a: {
          const stop = wire.length(end);
          traceAt = wire.pos;
          valid &&= stop - traceAt === 16;
          wire.pos = stop;
          break;
        }
        case 0x12: {
          const stop = wire.length(end);
          spanAt = wire.pos;
          valid &&= stop - spanAt === 8;
          wire.pos = stop;
          break;
        }
        case 0x22: {
          const stop = wire.length(end);
          if (stop - wire.pos === 8) this.copy8(columns.parent, row, wire.pos);
          else valid &&= stop === wire.pos;
          wire.pos = stop;
          break;
        }
        case 0x2a: {
          const stop = wire.length(end);
          name = dictionary.intern(wire, wire.pos, stop);
          wire.pos = stop;
          break;
        }
        case 0x30: {
          const kind = wire.varint(end);
          meta = (meta & ~15) | (kind < KINDS ? kind : 0);
          break;
        }
        case 0x39:
          this.copy8(columns.start, row, wire.take(8, end));
          break;
        case 0x41:
          this.copy8(columns.end, row, wire.take(8, end));
          break;
        case 0x7a: {
          const status = this.status(wire.length(end));
          meta = (meta & 15) | ((status & 3) << 4);
          if (status > 3) this.keepRest(from, wire.pos);
          break;
        }
        case 0x5a:
          this.part(from, wire.length(end), 'Event', DROPPED_EVENTS);
          break;
        case 0x6a:
          this.part(from, wire.length(end), 'Link', DROPPED_LINKS);
          break;
        case 0x1a: // trace state
        case DROPPED_ATTRIBUTES:
        case DROPPED_EVENTS:
        case DROPPED_LINKS:
        case 0x85: // flags
          wire.skip(tag, end);
          this.keepRest(from, wire.pos);
          break;
        default:
          wire.skip(tag, end);
      }
    }
    if (!(valid && this.writeIds(row, traceAt, spanAt))) {
      this.reject('invalid_id');
      return;
    }
    columns.name[row] = name < 0 ? dictionary.intern(wire, end, end) : name;
    columns.meta[row] = meta;
    columns.resource[row] = this.resource;
    columns.scope[row] = this.scope;
    columns.attributes[row] = sets.end();
    columns.rest[row] = this.storeRest(dictionary, this.dropped);
    this.accept();
  }

  /** Keeps an event or a link that began at `from`; where it cannot be read, it is left out and counted. */
  private part(from: number, stop: number, message: 'Event' | 'Link', counted: number): void {
    const { wire } = this;
    try {
      checkMessage(wire, stop, message);
      this.keepRest(from, stop);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      wire.pos = stop;
      this.drop(counted);
    }
  }

  private drop(counted: number): void {
    this.dropped ??= new Map();
    this.dropped.set(counted, (this.dropped.get(counted) ?? 0) + 1);
  }

  /** Writes both ids; false where one is missing or all zeros, which OTLP calls invalid. */
  private writeIds(row: number, traceAt: number, spanAt: number): boolean {
    if (traceAt < 0 || spanAt < 0) return false;
    const { wire } = this;
    const { trace, span } = this.block.columns;
    let any = 0;
    for (let word = 0; word < 4; word++) {
      const bits = wire.u32(traceAt + word * 4);
      trace[row * 4 + word] = bits;
      any |= bits;
    }
    this.copy8(span, row, spanAt);
    return any !== 0 && (span[row * 2] !== 0 || span[row * 2 + 1] !== 0);
  }

  /** Reads a Status: its code, + 4 where it has a message. */
  private status(end: number): number {
    const { wire } = this;
    let code = 0;
    let message = 0;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === 0x18) {
        const value = wire.varint(end);
        code = value < STATUSES ? value : 0;
      } else {
        if (tag >>> 3 === 2 && (tag & 7) === LENGTH) message = 4;
        wire.skip(tag, end);
      }
    }
    return code + message;
  }
}
