/** Rate, errors and durations in slots of one second, for the last RETENTION_SECONDS. */
import { type Merged, Sketch } from './sketch.ts';

/** How far back what is derived reaches: 120 s, and the slots that are being filled. */
export const RETENTION_SECONDS = 120;
const SLOTS = 128;
/** A span may end this far ahead of this machine's clock before it counts as ending now. */
const AHEAD_SECONDS = 5;

/** The second that a span ending at `second` counts in; -1 where it is too old to say anything of now. */
export function slotSecond(second: number, now: number): number {
  if (second > now + AHEAD_SECONDS) return now;
  return second > now - RETENTION_SECONDS ? second : -1;
}

/** What a window came to. */
export interface Red {
  requests: number;
  errors: number;
  rate: number;
  errorRate: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  /** Mean number under way: the durations' sum over the window. */
  inFlight: number;
}

export class Series {
  lastSecond = 0;
  private readonly seconds = new Float64Array(SLOTS);
  private readonly requests = new Uint32Array(SLOTS);
  private readonly errors = new Uint32Array(SLOTS);
  private readonly nanos = new Float64Array(SLOTS);
  private readonly sketches: (Sketch | undefined)[] = new Array(SLOTS);

  add(second: number, bucket: number, nanos: number, error: boolean): void {
    const slot = second % SLOTS;
    if (this.seconds[slot] !== second) this.turn(slot, second);
    this.requests[slot] = (this.requests[slot] as number) + 1;
    if (error) this.errors[slot] = (this.errors[slot] as number) + 1;
    this.nanos[slot] = (this.nanos[slot] as number) + nanos;
    let sketch = this.sketches[slot];
    if (sketch === undefined) {
      sketch = new Sketch();
      this.sketches[slot] = sketch;
    }
    sketch.add(bucket);
    if (second > this.lastSecond) this.lastSecond = second;
  }

  /**
   * Sums the running second and those before it, `window` in all. `merged` is scratch.
   * @param since when data began to come: before that there was nothing to count, so that rates are right from the first second on
   */
  red(now: number, window: number, merged: Merged, since = 0): Red {
    merged.clear();
    const second = Math.floor(now);
    let requests = 0;
    let errors = 0;
    let nanos = 0;
    for (let at = second - window + 1; at <= second; at++) {
      const slot = at % SLOTS;
      if (this.seconds[slot] !== at) continue;
      requests += this.requests[slot] as number;
      errors += this.errors[slot] as number;
      nanos += this.nanos[slot] as number;
      this.sketches[slot]?.addTo(merged);
    }
    const span = spanOf(now, window, since);
    return {
      requests,
      errors,
      rate: requests / span,
      errorRate: requests === 0 ? 0 : errors / requests,
      p50Ms: merged.quantileMs(0.5),
      p90Ms: merged.quantileMs(0.9),
      p99Ms: merged.quantileMs(0.99),
      inFlight: nanos / 1e9 / span,
    };
  }

  /** One second's slot. */
  slot(second: number, merged: Merged): Pick<Red, 'requests' | 'errors' | 'p50Ms' | 'p99Ms'> {
    merged.clear();
    const slot = second % SLOTS;
    if (this.seconds[slot] !== second) return { requests: 0, errors: 0, p50Ms: Number.NaN, p99Ms: Number.NaN };
    this.sketches[slot]?.addTo(merged);
    return {
      requests: this.requests[slot] as number,
      errors: this.errors[slot] as number,
      p50Ms: merged.quantileMs(0.5),
      p99Ms: merged.quantileMs(0.99),
    };
  }

  get bytes(): number {
    const columns = SLOTS * 24;
    return this.sketches.reduce((sum, sketch) => sum + (sketch?.bytes ?? 0), columns);
  }

  private turn(slot: number, second: number): void {
    this.seconds[slot] = second;
    this.requests[slot] = 0;
    this.errors[slot] = 0;
    this.nanos[slot] = 0;
    this.sketches[slot]?.clear();
  }
}

/** How long the running second and the `window - 1` before it have lasted: 1 s at least, so that the first span is not a rate of a thousand. */
function spanOf(now: number, window: number, since: number): number {
  return Math.max(1, Math.min(window - 1 + now - Math.floor(now), now - since));
}

/** How many of something came in each of the last seconds. */
export class Counter {
  total = 0;
  lastSecond = 0;
  private readonly seconds = new Float64Array(SLOTS);
  private readonly counts = new Float64Array(SLOTS);

  /** Returns what the second has come to. */
  add(second: number, count: number): number {
    const slot = second % SLOTS;
    if (this.seconds[slot] !== second) {
      this.seconds[slot] = second;
      this.counts[slot] = 0;
    }
    this.counts[slot] = (this.counts[slot] as number) + count;
    this.total += count;
    this.lastSecond = second;
    return this.counts[slot] as number;
  }

  /** Mean per second over the `window` seconds up to `now`, the running one included. */
  rate(now: number, window: number, since = 0): number {
    const second = Math.floor(now);
    let sum = 0;
    for (let at = second - window + 1; at <= second; at++) {
      if (this.seconds[at % SLOTS] === at) sum += this.counts[at % SLOTS] as number;
    }
    return sum / spanOf(now, window, since);
  }
}
