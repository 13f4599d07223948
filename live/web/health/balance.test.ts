import { expect, it } from 'vitest';
import { balance } from './balance.ts';

it('is what is missing from the ledger, with its sign', () => {
  expect(balance({ received: 100, held: 55, evicted: 30, rejected: 10, duplicate: 5 })).toBe(0);
  expect(balance({ received: 100, held: 60, evicted: 30, rejected: 9, duplicate: 0 })).toBe(1);
  expect(balance({ received: 100, held: 71, evicted: 30, rejected: 0, duplicate: 0 })).toBe(-1);
});
