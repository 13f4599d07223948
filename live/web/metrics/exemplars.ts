import type { Exemplar } from '../api/types.ts';

/** The highest exemplar of each of `slots` equal stretches from `fromMs` to `toMs`: more dots would only cover each other. */
export function thinExemplars(exemplars: readonly Exemplar[], fromMs: number, toMs: number, slots: number): Exemplar[] {
  const highest = new Map<number, Exemplar>();
  for (const one of exemplars) {
    if (one.timeMs < fromMs || one.timeMs > toMs) continue;
    const slot = Math.floor(((one.timeMs - fromMs) / (toMs - fromMs)) * slots);
    if (one.value > (highest.get(slot)?.value ?? Number.NEGATIVE_INFINITY)) highest.set(slot, one);
  }
  return [...highest].sort(([a], [b]) => a - b).map(([, one]) => one);
}
