import { DDSketch } from '@datadog/sketches-js';
import { describe, expect, it } from 'vitest';
import { random } from '../testing/random.ts';
import { Series } from './series.ts';
import { bucketMs, bucketOf, Merged, Sketch } from './sketch.ts';

const SHAPES: Record<string, (next: () => number) => number> = {
  uniform: (next) => 1 + next() * 1e9,
  exponential: (next) => -Math.log(1 - next()) * 5e6,
  'log-normal, long tail': (next) => Math.exp(14 + 2.5 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  'two peaks': (next) => (next() < 0.9 ? 2e6 + next() * 1e5 : 3e9 + next() * 1e8),
};

describe('the sketch', () => {
  it('stands for every duration from 2 ns to 100 days within 1%', () => {
    for (let nanos = 2; nanos < 8.64e15; nanos = Math.ceil(nanos * 1.003)) {
      expect(Math.abs(bucketMs(bucketOf(nanos)) * 1e6 - nanos) / nanos).toBeLessThanOrEqual(0.01);
    }
  });

  it.each(Object.entries(SHAPES))('reads quantiles within 1% of the exact ones, as DDSketch does: %s', (_, shape) => {
    const next = random(11);
    const exact = Array.from({ length: 20_000 }, () => shape(next)).sort((a, b) => a - b);
    const reference = new DDSketch({ relativeAccuracy: 0.01 });
    // In many parts, to be merged.
    const parts = Array.from({ length: 60 }, () => new Sketch());
    exact.forEach((nanos, n) => {
      parts[n % 60]?.add(bucketOf(nanos));
      reference.accept(nanos);
    });
    const merged = new Merged();
    for (const part of parts) part.addTo(merged);
    expect(merged.count).toBe(20_000);
    for (const q of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
      const truth = exact[Math.max(0, Math.ceil(q * exact.length) - 1)] as number;
      expect(Math.abs(merged.quantileMs(q) * 1e6 - truth) / truth).toBeLessThanOrEqual(0.01);
      expect(Math.abs(merged.quantileMs(q) * 1e6 - reference.getValueAtQuantile(q)) / truth).toBeLessThanOrEqual(0.03);
    }
  });

  it('says NaN of nothing, and 0 of what took no time', () => {
    const merged = new Merged();
    expect(merged.quantileMs(0.5)).toBeNaN();
    merged.add(bucketOf(0), 1);
    expect(merged.quantileMs(0.5)).toBe(0);
    merged.clear();
    expect(merged.quantileMs(0.5)).toBeNaN();
  });
});

describe('a series', () => {
  const NOW = 1_800_000_000;

  it('sums a window, and lets go of what is older', () => {
    const series = new Series();
    for (let second = NOW - 300; second <= NOW; second++) {
      for (let n = 0; n < 4; n++) series.add(second, bucketOf(2e6), 2e6, n === 0);
    }
    const red = series.red(NOW + 0.999999, 60, new Merged());
    expect(red.requests).toBe(240);
    expect(red.errors).toBe(60);
    expect(red.rate).toBeCloseTo(4, 3);
    expect(red.errorRate).toBe(0.25);
    expect(red.inFlight).toBeCloseTo(0.008, 5);
    expect(series.red(NOW + 200, 60, new Merged()).requests).toBe(0);
  });

  it('counts late spans in the second they ended in', () => {
    const series = new Series();
    series.add(NOW, 10, 1, false);
    series.add(NOW - 20, 10, 1, true);
    expect(series.slot(NOW - 20, new Merged()).errors).toBe(1);
    expect(series.slot(NOW, new Merged()).requests).toBe(1);
  });
});
