import { describe, expect, it } from 'vitest';
import { fuzz } from '../testing/fuzzing.ts';

describe('malformed input', () => {
  it.each([
    ['protobuf', 10_000],
    ['json', 2_000],
  ] as const)('never breaks the store or its ledger: mutated %s requests, %i of them', (kind, inputs) => {
    const { accepted, refused } = fuzz(inputs, 20261120, kind);
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(1000);
  });
});
