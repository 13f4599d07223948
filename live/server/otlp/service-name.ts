/** Finds service.name in the bytes of a resource: it says which ring the items go to, before anything of them is read. */
import { LENGTH, MalformedError, type Wire } from '../store/wire.ts';

/** OTLP's words for the service that did not say its name. */
export const UNKNOWN_SERVICE = 'unknown_service';

/** A longer one is no name. */
const MAX_NAME_BYTES = 1024;

const SERVICE_NAME = Buffer.from('service.name');
const ATTRIBUTES = 0x0a;
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;

export class ServiceNames {
  /** The name found last: senders have one, so that it need not be made anew for each request. */
  private bytes: Uint8Array = Buffer.from(UNKNOWN_SERVICE);
  private text = UNKNOWN_SERVICE;

  /** Reads a resource's bytes [from, to), as far as they can be read. */
  find(wire: Wire, from: number, to: number): string {
    let service = UNKNOWN_SERVICE;
    wire.pos = from;
    try {
      while (wire.pos < to) {
        const tag = wire.tag(to);
        if (tag !== ATTRIBUTES) {
          wire.skip(tag, to);
          continue;
        }
        const end = wire.length(to);
        const start = nameStart(wire, end);
        if (start >= 0) service = this.name(wire.bytes, start, wire.pos);
        wire.pos = end;
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
    return service;
  }

  private name(bytes: Uint8Array, from: number, to: number): string {
    if (!same(bytes, from, to, this.bytes)) {
      this.bytes = Buffer.from(bytes.subarray(from, to));
      this.text = Buffer.from(this.bytes).toString('utf8');
    }
    return this.text;
  }
}

/** Whether the field with its length from `from` to `end` is the service's name. Leaves `wire` at `end`. */
export function isServiceName(wire: Wire, from: number, end: number): boolean {
  wire.pos = from;
  const found = nameStart(wire, wire.length(end)) >= 0;
  wire.pos = end;
  return found;
}

/** Reads a KeyValue; where it is service.name and may be one, returns where its string begins and leaves `wire` at its end; else -1. */
function nameStart(wire: Wire, end: number): number {
  try {
    const start = valueStart(wire, end);
    return wire.pos - start > MAX_NAME_BYTES ? -1 : start;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return -1;
  }
}

/** The same, however long it is: returns where its string begins and leaves `wire` at its end; else -1. */
function valueStart(wire: Wire, end: number): number {
  let named = false;
  let from = -1;
  let to = end;
  while (wire.pos < end) {
    const tag = wire.tag(end);
    if ((tag & 7) !== LENGTH) {
      wire.skip(tag, end);
      continue;
    }
    const stop = wire.length(end);
    if (tag === KEY) named = same(wire.bytes, wire.pos, stop, SERVICE_NAME);
    else if (tag === VALUE && wire.pos < stop && wire.tag(stop) === STRING_VALUE) {
      to = wire.length(stop);
      from = wire.pos;
    }
    wire.pos = stop;
  }
  wire.pos = to;
  return named && from < to ? from : -1;
}

function same(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}
