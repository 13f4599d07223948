/** A copy of a typed array with room for at least `needed` elements: half as much again, so that growing stays cheap in sum. */
export function grow<T extends Uint8Array | Uint32Array>(array: T, needed: number): T {
  const length = Math.max(needed, Math.ceil(array.length * 1.5), 16);
  const larger = (array instanceof Uint8Array ? new Uint8Array(length) : new Uint32Array(length)) as T;
  larger.set(array);
  return larger;
}

/** How many slots of an open-addressing table are tried for one hash: what does not fit is not found by it, so that made-up collisions cost no time. */
export const MAX_PROBES = 32;

/** An open-addressing table of `size` (a power of two) slots that holds id + 1 for each id below `count`, by its hash; 0 is an empty slot. */
export function tableOf(size: number, count: number, hashOf: (id: number) => number): Uint32Array {
  const table = new Uint32Array(size);
  for (let id = 0; id < count; id++) {
    let slot = hashOf(id) & (size - 1);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      if (table[slot] === 0) {
        table[slot] = id + 1;
        break;
      }
      slot = (slot + 1) & (size - 1);
    }
  }
  return table;
}
