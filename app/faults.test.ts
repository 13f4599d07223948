import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { METRICS, type Service } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { leakMemory } from './fault-effects.ts';
import { FAULT_MINUTES, Faults } from './fault-switch.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { sample, startTestShop, type TestShop } from './testing/shop.ts';

let test: TestShop;
beforeAll(async () => {
  test = await startTestShop();
});
afterAll(() => test?.stop());

const NAMES = Object.keys(FAULTS) as FaultName[];

/** Runs `during` with a fault on, and switches it off whatever comes. */
async function withFault<T>(name: FaultName, during: () => Promise<T>): Promise<T> {
  const { service } = FAULTS[name];
  expect(await test.fault(service, name, true)).toBe(200);
  try {
    return await during();
  } finally {
    expect(await test.fault(service, name, false)).toBe(200);
  }
}
const value = async (service: Service, name: string, ...labels: string[]) =>
  sample(await test.metrics(service), name, ...labels) ?? Number.NaN;
const search = () => test.get('/api/products?search=lamp');
const seconds = async (work: () => Promise<unknown>) => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

describe('faults', () => {
  it('are switched with the control token only', async () => {
    const address = `http://127.0.0.1:${test.shop.ports.payments.internalPort}/control/faults`;
    expect((await fetch(address)).status).toBe(401);
    expect((await fetch(address, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect(await test.fault('payments', 'no-such-fault', true)).toBe(404);
    expect(await test.fault('payments', 'slow-query', true)).toBe(404);
  });

  it.each(NAMES)('show in the metrics of their service whether they are on: %s', async (name) => {
    const active = () => value(FAULTS[name].service, METRICS.faultActive.name, `"${name}"`);
    expect(await active()).toBe(0);
    if (name === 'bad-deploy') return;
    await withFault(name, async () => expect(await active()).toBe(1));
    expect(await active()).toBe(0);
  });

  it('that somebody forgot end by themselves, and undo what they did', () => {
    vi.useFakeTimers();
    try {
      const undo = vi.fn();
      const changed = vi.fn();
      const faults = new Faults(changed);
      faults.during('log-storm', () => undo);
      faults.set('log-storm', true);
      faults.set('log-storm', true);
      vi.advanceTimersByTime(FAULT_MINUTES * 60_000 - 1);
      expect([faults.on('log-storm'), undo.mock.calls.length]).toEqual([true, 0]);
      vi.advanceTimersByTime(1);
      expect([faults.on('log-storm'), undo.mock.calls.length]).toEqual([false, 1]);
      expect(changed.mock.calls).toEqual([
        ['log-storm', true],
        ['log-storm', false],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that cannot be switched stay as they were', () => {
    const begin = vi.fn(() => () => {});
    const faults = new Faults(() => {
      throw new Error('no folder');
    });
    faults.during('bad-deploy', begin);
    expect(() => faults.set('bad-deploy', true)).toThrow('no folder');
    expect([faults.on('bad-deploy'), begin.mock.calls.length]).toEqual([false, 0]);
  });
});

describe('slow-query', () => {
  it('makes the search slower by far', async () => {
    const before = Math.min(await seconds(search), await seconds(search));
    const during = await withFault('slow-query', () => seconds(search));
    expect(during / before).toBeGreaterThan(5);
  });
});

describe('payment-errors', () => {
  it('leaves every second order pending with 503, and never charges it', async () => {
    const answers = await withFault('payment-errors', () => Promise.all(Array.from({ length: 12 }, () => test.checkout())));
    const failed = answers.filter(({ status }) => status === 503);
    expect(failed.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 201).length).toBe(12 - failed.length);
    for (const { body, headers } of failed) {
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await test.get(`/api/orders/${body.orderId}`)).body.status).toBe('pending');
    }
  });
});

describe('event-loop-block', () => {
  it('shows as lag of the event loop, which goes with it', async () => {
    const lag = () => value('storefront', 'nodejs_eventloop_lag_p99_seconds');
    await withFault('event-loop-block', async () => {
      await eventually('the loop stands still', async () => (await lag()) > 0.1, 30);
      // Whoever reads it next sees it, too.
      for (const reading of [await lag(), await lag(), await lag()]) expect(reading).toBeGreaterThan(0.1);
    });
    await eventually('the loop turns', async () => (await lag()) < 0.1, 30);
  });
});

describe('pool-exhaustion', () => {
  it('makes requests wait for a connection, and fails none', async () => {
    const waiting = () => value('inventory', METRICS.poolWaiting.name);
    await withFault('pool-exhaustion', async () => {
      const answers = Array.from({ length: 6 }, search);
      await eventually('requests wait', async () => (await waiting()) > 1);
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200));
    });
    await eventually('all connections are given back', async () => {
      await search();
      return (await value('inventory', METRICS.poolConnections.name, '"used"')) === 0;
    });
  });
});

describe('memory-leak', () => {
  it('brings a service near the limit of its container, and gives the memory back', async () => {
    const resident = () => value('payments', 'process_resident_memory_bytes');
    const near = 0.8 * 256 * 2 ** 20;
    expect(await resident()).toBeLessThan(near);
    await withFault('memory-leak', () => eventually('its memory is near the limit', async () => (await resident()) > near, 30));
    await eventually('its memory is free', async () => (await resident()) < near);
  });

  it('stops at the bound', async () => {
    const before = process.memoryUsage.rss();
    const end = leakMemory(before + 12 * 2 ** 20);
    await eventually('it keeps something', async () => process.memoryUsage.rss() > before + 4 * 2 ** 20);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const most = process.memoryUsage.rss();
    end();
    // Of the eight chunks of 4 MiB that it had time for, it kept three; the rest is what the test itself allocates.
    expect(most - before).toBeLessThan(24 * 2 ** 20);
  });
});

describe('log-storm', () => {
  it('writes lines that nobody asked for, and stops', async () => {
    const lines = () => value('inventory', METRICS.logLines.name, '"info"');
    const before = await lines();
    await withFault('log-storm', () => eventually('hundreds of lines', async () => (await lines()) > before + 300));
    const after = await lines();
    await search();
    await search();
    expect((await lines()) - after).toBeLessThan(20);
  });
});

describe('dependency-down', () => {
  it('cuts a service off from its callers while its metrics go on', async () => {
    await search();
    await withFault('dependency-down', async () => {
      const { status, body } = await search();
      expect([status, body.error]).toEqual([503, 'unavailable']);
      expect(await test.metrics('inventory')).toContain(METRICS.requestDuration.name);
    });
    expect((await search()).status).toBe(200);
  });
});

describe('bad-deploy', () => {
  const version = async () => /target_info\{service_version="([^"]+)"\}/.exec(await test.metrics('orders').catch(() => ''))?.[1];
  const versionIs = (what: string, pattern: RegExp) =>
    eventually(what, async () => pattern.test((await version()) ?? '') && (await test.get('/api/orders/x')).status === 400, 20);

  it('is another version in the metrics and the spans, fails every second order, and its end is the version before', async () => {
    await versionIs('the good version runs', /^[\d.]+$/);
    expect(await test.fault('orders', 'bad-deploy', true)).toBe(200);
    await versionIs('the bad version runs', /-bad$/);
    expect(await value('orders', METRICS.faultActive.name, '"bad-deploy"')).toBe(1);
    const answers = await Promise.all(Array.from({ length: 16 }, () => test.checkout()));
    const failed = answers.filter(({ status }) => status === 503);
    expect([failed.length > 0, failed.length < 16]).toEqual([true, true]);
    expect(answers.filter(({ status }) => status === 201).length).toBe(16 - failed.length);
    const spans = () =>
      test.receiver.of(failed[0]?.traceId ?? '').filter(({ resource }) => resource['service.name'] === 'orders');
    await eventually('a span of the bad version', () =>
      spans().some(({ resource }) => /-bad$/.test(String(resource['service.version']))),
    );
    expect(test.logs().some(({ msg }) => /Cannot read properties/.test(String(msg)))).toBe(true);

    expect(await test.fault('orders', 'bad-deploy', false)).toBe(200);
    await versionIs('the good version runs again', /^[\d.]+$/);
    for (let i = 0; i < 6; i++) expect((await test.checkout()).status).toBe(201);
  });

  it('does not outlive an orderly end', async () => {
    expect(await test.fault('orders', 'bad-deploy', true)).toBe(200);
    await versionIs('the bad version runs', /-bad$/);
    await test.shop.kill('orders', 'SIGTERM');
    await test.shop.start('orders');
    await versionIs('the good version runs', /^[\d.]+$/);
  });
});
