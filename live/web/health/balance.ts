import type { Counts } from '../api/types.ts';

/** What the ledger cannot account for: 0, or the live view has a fault. */
export function balance({ received, held, evicted, rejected, duplicate }: Counts): number {
  return received - held - evicted - rejected - duplicate;
}
