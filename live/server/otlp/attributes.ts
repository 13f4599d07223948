/** Reads KeyValue and AnyValue messages into a block's dictionary and attribute sets. */
import { type AttributeSets, FALSE, NO_VALUE, RAW, SMALL_INT, STRING, TRUE } from '../store/attribute-sets.ts';
import type { Dictionary } from '../store/dictionary.ts';
import { MalformedError, type Wire } from '../store/wire.ts';
import { checkMessage } from './check.ts';

const KEY = 0x0a;
const VALUE = 0x12;

/** The first integer that a ref has no room for. */
const MAX_SMALL_INT = 2 ** 28;

/** Reads one KeyValue that ends at `end` into the set that is open; false where it cannot be read, and then the set is as it was. */
export function readAttribute(wire: Wire, end: number, dictionary: Dictionary, sets: AttributeSets): boolean {
  try {
    readKeyValue(wire, end, dictionary, sets);
    return true;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    wire.pos = end;
    return false;
  }
}

function readKeyValue(wire: Wire, end: number, dictionary: Dictionary, sets: AttributeSets): void {
  const { bytes } = wire;
  // As nearly all come: a short key, then a short value, and nothing else.
  const keyAt = wire.pos + 2;
  const valueTag = keyAt + (bytes[keyAt - 1] as number);
  if (valueTag + 2 <= end && bytes[keyAt - 2] === KEY && bytes[valueTag] === VALUE && valueTag - keyAt < 128) {
    if ((bytes[valueTag + 1] as number) === end - valueTag - 2 && end - valueTag < 130) {
      const known = dictionary.internGuess(sets.guessKey(), wire, keyAt, valueTag);
      wire.pos = valueTag + 2;
      sets.push(known, readValue(wire, end, dictionary, sets.guessValue()));
      return;
    }
  }
  let key = -1;
  let value = NO_VALUE;
  while (wire.pos < end) {
    const tag = wire.tag(end);
    if (tag === KEY) {
      const stop = wire.length(end);
      key = dictionary.internGuess(sets.guessKey(), wire, wire.pos, stop);
      wire.pos = stop;
    } else if (tag === VALUE) {
      value = readValue(wire, wire.length(end), dictionary, sets.guessValue());
    } else {
      wire.skip(tag, end);
    }
  }
  sets.push(key < 0 ? dictionary.intern(wire, end, end) : key, value);
}

/** Reads one AnyValue that ends at `end`; returns a ref as attribute-sets.ts describes it. `guess` is one that it may well be. */
export function readValue(wire: Wire, end: number, dictionary: Dictionary, guess = NO_VALUE): number {
  const start = wire.pos;
  if (start === end) return NO_VALUE;
  const tag = wire.tag(end);
  if (tag === 0x0a) {
    const stop = wire.length(end);
    if (stop === end) {
      const id = dictionary.internGuess((guess & 3) === STRING ? guess >>> 2 : -1, wire, wire.pos, end);
      wire.pos = end;
      return ((id << 2) | STRING) >>> 0;
    }
  } else if (tag === 0x18 || tag === 0x10) {
    const value = wire.varint(end);
    if (wire.pos === end) {
      if (tag === 0x10) return value === 0 ? FALSE : TRUE;
      if (value < MAX_SMALL_INT) return ((value << 2) | SMALL_INT) >>> 0;
    }
  }
  wire.pos = start;
  checkMessage(wire, end, 'AnyValue');
  return ((dictionary.intern(wire, start, end) << 2) | RAW) >>> 0;
}
