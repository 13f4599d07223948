/**
 * Durations as a histogram with exponential buckets, mergeable by addition: OpenTelemetry's mapping at scale 6, base 2^(1/64).
 * Bucket i > 0 holds (base^(i-2), base^(i-1)] nanoseconds; its value 2 * base^(i-1) / (base + 1) is off by (base - 1) / (base + 1) = 0.54% at most
 * (Masson, Rim, Lee: DDSketch, VLDB 2019).
 */
const SCALE = 64;
const BASE = 2 ** (1 / SCALE);
/** Durations are exact up to 2^53 ns: 53 * 64 buckets and the one for 0. */
const BUCKETS = 53 * SCALE + 2;

const COUNT_BITS = 20;
const MAX_COUNT = 2 ** COUNT_BITS - 1;

/** The bucket of a duration in nanoseconds. */
export function bucketOf(nanos: number): number {
  return nanos < 1 ? 0 : Math.min(BUCKETS - 1, 1 + Math.ceil(Math.log2(nanos) * SCALE));
}

/** The value that stands for a bucket, in milliseconds. */
export function bucketMs(bucket: number): number {
  return bucket === 0 ? 0 : (2 * BASE ** (bucket - 1)) / (BASE + 1) / 1e6;
}

/**
 * One second's buckets, those alone that have something: open addressing over words of 12 bits of bucket and 20 bits of count. A bucket's count
 * stays at 1,048,575 where one second brings more.
 */
export class Sketch {
  private words = new Uint32Array(8);
  private used = 0;

  get bytes(): number {
    return this.words.byteLength;
  }

  add(bucket: number): void {
    if (this.used * 2 >= this.words.length) this.grow();
    const { words } = this;
    const mask = words.length - 1;
    let slot = Math.imul(bucket, 0x9e3779b1) >>> 20;
    for (;;) {
      slot &= mask;
      const word = words[slot] as number;
      if (word === 0) {
        words[slot] = ((bucket << COUNT_BITS) | 1) >>> 0;
        this.used++;
        return;
      }
      if (word >>> COUNT_BITS === bucket) {
        if ((word & MAX_COUNT) < MAX_COUNT) words[slot] = word + 1;
        return;
      }
      slot++;
    }
  }

  clear(): void {
    if (this.used === 0) return;
    this.words.fill(0);
    this.used = 0;
  }

  /** Adds its counts to those of a Merged. */
  addTo(merged: Merged): void {
    if (this.used === 0) return;
    for (const word of this.words) if (word !== 0) merged.add(word >>> COUNT_BITS, word & MAX_COUNT);
  }

  private grow(): void {
    const old = this.words;
    this.words = new Uint32Array(old.length * 2);
    const mask = this.words.length - 1;
    for (const word of old) {
      if (word === 0) continue;
      let slot = (Math.imul(word >>> COUNT_BITS, 0x9e3779b1) >>> 20) & mask;
      while (this.words[slot] !== 0) slot = (slot + 1) & mask;
      this.words[slot] = word;
    }
  }
}

/** The sum of sketches, to read quantiles from. Clear and use again. */
export class Merged {
  count = 0;
  private readonly counts = new Float64Array(BUCKETS);
  private low = BUCKETS;
  private high = -1;

  add(bucket: number, count: number): void {
    this.counts[bucket] = (this.counts[bucket] as number) + count;
    this.count += count;
    if (bucket < this.low) this.low = bucket;
    if (bucket > this.high) this.high = bucket;
  }

  clear(): void {
    if (this.high >= 0) this.counts.fill(0, this.low, this.high + 1);
    this.count = 0;
    this.low = BUCKETS;
    this.high = -1;
  }

  /** The q-quantile (0 to 1) in milliseconds, by nearest rank; NaN of nothing. */
  quantileMs(q: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (let bucket = this.low; bucket <= this.high; bucket++) {
      seen += this.counts[bucket] as number;
      if (seen >= rank) return bucketMs(bucket);
    }
    return bucketMs(this.high);
  }
}
