import type { Red } from '../derive/series.ts';
import { type Merged, Sketch } from '../derive/sketch.ts';

/** Requests of one stretch of time: how many, how many failed, and how long they took. */
export class Tally {
  requests = 0;
  errors = 0;
  private nanos = 0;
  private readonly sketch = new Sketch();

  add(bucket: number, nanos: number, failed: boolean): void {
    this.requests++;
    if (failed) this.errors++;
    this.nanos += nanos;
    this.sketch.add(bucket);
  }

  /** What it comes to over so many seconds; `merged` is scratch. */
  red(seconds: number, merged: Merged): Red {
    const { requests, errors } = this;
    merged.clear();
    this.sketch.addTo(merged);
    return {
      requests,
      errors,
      rate: requests / seconds,
      errorRate: requests === 0 ? 0 : errors / requests,
      p50Ms: merged.quantileMs(0.5),
      p90Ms: merged.quantileMs(0.9),
      p99Ms: merged.quantileMs(0.99),
      inFlight: this.nanos / 1e9 / seconds,
    };
  }
}
