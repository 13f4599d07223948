/** What a block's sets say of the metrics that its points are of. */
import { clippedString, clippedValue } from '../derive/clipped.ts';
import { valueUnder } from '../otlp/values.ts';
import { NO_VALUE, STRING } from '../store/attribute-sets.ts';
import type { PointBlock } from '../store/block.ts';
import { remembered } from '../store/remembered.ts';
import { Wire } from '../store/wire.ts';

export interface Described {
  name: string;
  type: string;
  unit: string;
  description: string;
  /** As OTLP numbers it; 0 where it has none. */
  temporality: number;
  monotonic: boolean;
}

const wire = (text: string): Wire => new Wire(Buffer.from(text));
const KEYS = {
  name: wire('name'),
  type: wire('type'),
  unit: wire('unit'),
  description: wire('description'),
  temporality: wire('temporality'),
  monotonic: wire('monotonic'),
};

/** A function of the sets; texts that many of them have are read once. */
export function describer(block: PointBlock): (set: number) => Described {
  const text = remembered((id) => clippedString(block, id));
  const reader = (key: Wire): ((set: number) => string) => {
    const id = block.dictionary.lookUp(key);
    return (set) => {
      const ref = id < 0 ? NO_VALUE : valueUnder(block, set, id);
      return (ref & 3) === STRING ? text(ref >>> 2) : clippedValue(block, ref);
    };
  };
  const [name, type, unit, description] = [reader(KEYS.name), reader(KEYS.type), reader(KEYS.unit), reader(KEYS.description)];
  const [temporality, monotonic] = [reader(KEYS.temporality), reader(KEYS.monotonic)];
  return (set) => ({
    name: name(set),
    type: type(set),
    unit: unit(set),
    description: description(set),
    temporality: Number(temporality(set)),
    monotonic: monotonic(set) === 'true',
  });
}

/** A test of the sets for a metric's name. */
export function isNamed(block: PointBlock, name: string): (set: number) => boolean {
  const refs = new Set(block.dictionary.idsOf(wire(name)).map((id) => ((id << 2) | STRING) >>> 0));
  const key = refs.size === 0 ? -1 : block.dictionary.lookUp(KEYS.name);
  return (set) => key >= 0 && refs.has(valueUnder(block, set, key));
}
