/** How many queries there are at once: each holds what it has found so far, and the rows that it reads from, however full the rings are meanwhile. */
import { RefusedError } from '../receive/response.ts';

/** Queries of one owner (a key, or all that have the cookie) that are under way, and that wait to be. */
const AT_ONCE = 8;
const WAITING = 200;
const RETRY_MS = 1000;

export class QueryPlaces {
  private readonly owners = new Map<string, { taken: number; waiting: (() => void)[] }>();

  /**
   * Resolves when there is a place, to the function that gives it back.
   * @throws RefusedError: overloaded, where too many wait
   */
  async take(owner: string): Promise<() => void> {
    const of = this.owners.get(owner) ?? { taken: 0, waiting: [] };
    this.owners.set(owner, of);
    if (of.taken < AT_ONCE) of.taken++;
    else if (of.waiting.length < WAITING) await new Promise<void>((resolve) => of.waiting.push(resolve));
    else throw new RefusedError('overloaded', `${AT_ONCE + WAITING} queries of "${owner}" are under way: try again`, RETRY_MS);
    return () => {
      const next = of.waiting.shift();
      if (next !== undefined) next();
      else if (--of.taken === 0) this.owners.delete(owner);
    };
  }
}
