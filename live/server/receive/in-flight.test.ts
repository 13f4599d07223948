import { describe, expect, it } from 'vitest';
import { newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { InFlight } from './in-flight.ts';
import { DEFAULT_LIMITS } from './limits.ts';

describe('buffers of requests', () => {
  it('are used again once their request is closed, not before, and not those of large ones', () => {
    const inFlight = new InFlight(DEFAULT_LIMITS);
    const first = inFlight.open('a');
    const second = inFlight.open('a');
    const used = first.room(100_000, 0);
    expect(second.room(100_000, 0) === used).toBe(false);
    const large = first.room(1_000_000, 0);
    expect(large.length).toBe(1_000_000);
    first.close();
    const third = inFlight.open('a');
    expect(third.room(200_000, 0) === used).toBe(true);
    expect(third.room(1_000_000, 0) === large).toBe(false);
    third.close();
    second.close();
  });

  it('are counted whole, and a small request has none of them', () => {
    const inFlight = new InFlight({ ...DEFAULT_LIMITS, inFlightBytes: 600_000 });
    const small = Array.from({ length: 100 }, () => inFlight.open('a'));
    for (const request of small) expect(request.room(1000, 500).length).toBe(1000);
    const first = inFlight.open('a');
    expect(first.room(100_000, 0).length).toBe(2 ** 18);
    expect(() => inFlight.open('b').room(300_000, 0)).toThrow('on their way');
    first.close();
    expect(inFlight.open('b').room(300_000, 0).length).toBe(300_000);
  });

  it('leave what came in them as it was: many requests of many chunks, several at once', async () => {
    const live: Running = await run();
    try {
      const sent = Array.from({ length: 40 }, (_, n) => {
        const trace = newId(32);
        return {
          trace,
          body: traces(
            `service ${n}`,
            Array.from({ length: 500 }, (_, i) => ({ trace, name: `span ${n} ${i} ${'x'.repeat(150)}` })),
          ),
        };
      });
      expect(sent[0]?.body.length).toBeGreaterThan(100_000);
      for (let from = 0; from < sent.length; from += 4)
        for (const { status } of await Promise.all(sent.slice(from, from + 4).map(({ body }) => live.post('/v1/traces', body))))
          expect(status).toBe(200);
      for (const [n, { trace }] of sent.entries()) {
        const answer = JSON.stringify(await live.json(`/api/traces/${trace}`));
        for (const i of [0, 250, 499]) expect(answer).toContain(`span ${n} ${i} x`);
        expect(answer.match(/"span \d+ \d+ x{150}"/g)?.length).toBe(500);
      }
    } finally {
      await live.close();
    }
  });
});
