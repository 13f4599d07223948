/** A number in [0, 1), as `Math.random` gives it. */
export type Random = () => number;

/**
 * Luck for arrival `n` of a run: the small fast counter generator sfc32 (Chris Doty-Humphrey, PractRand). Its 128 bits of state hold seed and
 * `n` whole, so that no two arrivals share a sequence and with it an idempotency key.
 */
export function randomFor(seed: number, n: number): Random {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / 2 ** 32) | 0, n | 0, 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 15; round++) next(); // until every bit of the seed has reached every word
  return next;
}

/** One of the list, `undefined` if it is empty. */
export const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];

/** A version 4 UUID (RFC 9562) of this luck. */
export function uuid(random: Random): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (kind) => {
    const digit = Math.floor(random() * 16);
    return (kind === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}
