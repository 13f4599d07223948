const still = matchMedia('(prefers-reduced-motion: reduce)');

/** The time to draw what glides for: whole seconds where the reader wants less motion. */
export function glideTime(nowMs: number): number {
  return still.matches ? Math.floor(nowMs / 1000) * 1000 : nowMs;
}

/** The time to draw what flows for: it stands where the reader wants less motion. */
export function flowTime(nowMs: number): number {
  return still.matches ? 0 : nowMs;
}
