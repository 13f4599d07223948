/** A copy of a typed array with room for at least `needed` elements: half as much again, so that growing stays cheap in sum. */
export function grow<T extends Uint8Array | Uint32Array>(array: T, needed: number): T {
  const length = Math.max(needed, Math.ceil(array.length * 1.5), 16);
  const larger = (array instanceof Uint8Array ? new Uint8Array(length) : new Uint32Array(length)) as T;
  larger.set(array);
  return larger;
}
