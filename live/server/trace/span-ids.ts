/** Which span has an id: an open-addressing table over ids of two words, without a string or an object for any. */
import { randomInt } from 'node:crypto';

/** So that nobody can make up ids that all want the same slot. */
const SEED = randomInt(2 ** 32);

/** MurmurHash3's final mix of 32 bits. */
function mix(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}

export class SpanIds {
  private readonly ids: Uint32Array;
  /** Slot: index + 1, or 0 where it is free. At most half of them are taken. */
  private readonly slots: Uint32Array;

  /** @param ids two words each, as blocks hold them */
  constructor(ids: Uint32Array) {
    this.ids = ids;
    this.slots = new Uint32Array(2 ** Math.ceil(Math.log2(ids.length + 1)));
  }

  /** Makes the span at `index` the one of its id, unless there is one already. */
  add(index: number): void {
    const slot = this.slotOf(this.ids[index * 2] as number, this.ids[index * 2 + 1] as number);
    if (this.slots[slot] === 0) this.slots[slot] = index + 1;
  }

  /** The index of the span with this id, -1 where there is none. */
  find(first: number, second: number): number {
    return (this.slots[this.slotOf(first, second)] as number) - 1;
  }

  /** The slot of an id, or the free one that it would get. */
  private slotOf(first: number, second: number): number {
    const { ids, slots } = this;
    const mask = slots.length - 1;
    for (let slot = mix(mix(first ^ SEED) ^ second) & mask; ; slot = (slot + 1) & mask) {
      const at = ((slots[slot] as number) - 1) * 2;
      if (at < 0 || (ids[at] === first && ids[at + 1] === second)) return slot;
    }
  }
}
