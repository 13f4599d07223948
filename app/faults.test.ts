import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestShop, type TestShop } from './testing/shop.ts';

let test: TestShop;
beforeAll(async () => {
  test = await startTestShop();
});
afterAll(() => test?.stop());

describe('faults', () => {
  it('are switched with the control token only', async () => {
    const address = `http://127.0.0.1:${test.shop.ports.payments.internalPort}/control/faults`;
    expect((await fetch(address)).status).toBe(401);
    expect((await fetch(address, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect(await test.fault('payments', 'no-such-fault', true)).toBe(404);
  });

  it('slow-query makes the search slower by far, in its SQL span', async () => {
    const took = async () => {
      const started = performance.now();
      await test.get('/api/products?search=lamp');
      return performance.now() - started;
    };
    const before = Math.min(await took(), await took());
    await test.fault('inventory', 'slow-query', true);
    const during = await took();
    await test.fault('inventory', 'slow-query', false);
    expect(during / before).toBeGreaterThan(5);
  });

  it('payment-errors leaves every second order pending with 503, and never charges it', async () => {
    await test.fault('payments', 'payment-errors', true);
    const answers = await Promise.all(Array.from({ length: 12 }, () => test.checkout()));
    await test.fault('payments', 'payment-errors', false);
    const failed = answers.filter(({ status }) => status === 503);
    expect(failed.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 201).length).toBe(12 - failed.length);
    for (const { body, headers } of failed) {
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await test.get(`/api/orders/${body.orderId}`)).body.status).toBe('pending');
    }
  });
});
