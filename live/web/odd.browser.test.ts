/** The page in Chromium, on what no well-behaved shop does: odd traces, a server that goes, a client that cannot follow. */
import { describe, expect, it } from 'vitest';
import { startLive } from '../server/main.ts';
import type { JsonFrame } from '../server/stream/frame-layout.ts';
import { CHROMIUM } from './testing/browser.ts';
import { startLivePage } from './testing/live-page.ts';
import { bigTrace, ODD_SPANS, sendTrace } from './testing/odd-trace.ts';
import { usePage } from './testing/page.ts';

describe.skipIf(!CHROMIUM)('the page, when something is odd', () => {
  const at = usePage(startLivePage);
  const { open, waterfall, live, currentSpan } = at;

  it('shows orphans, skewed clocks and markup in names as what they are', async () => {
    const id = await sendTrace(at.world.live, '0dd'.padEnd(32, '0'), ODD_SPANS);
    await open(`/traces/${id}?find=is:orphan`);
    await at.page.getByText('1 found').waitFor();
    await at.page.getByRole('button', { name: 'Next', exact: true }).click();
    await expect.poll(() => currentSpan().textContent()).toContain('lost child, 10 ms from 20 ms, its parent is not held');
    await at.page.getByRole('button', { name: '1 error', exact: true }).click();
    await expect.poll(() => currentSpan().textContent()).toMatch(/POST \/behind.*failed.*clock is off by/);
    await at.page.getByRole('searchbox').fill('service.name=behind');
    await at.page.getByText('1 found').waitFor();
    await at.page.getByRole('searchbox').fill('service.name=gateway');
    await at.page.getByText('3 found').waitFor();
    await at.page.getByRole('searchbox').fill('<img');
    await at.page.getByText('1 found').waitFor();
    await at.page.getByRole('button', { name: 'Next', exact: true }).click();
    await at.page.getByRole('heading', { name: /<img src=x/ }).waitFor();
  });

  it('takes in spans that come late, and keeps what the reader folded', async () => {
    const id = 'a7e'.padEnd(32, '0');
    const child = { id: 'b2', parent: 'b1', service: 'late', name: 'child', startMs: 10, durationMs: 20 };
    await sendTrace(at.world.live, id, [
      child,
      { id: 'b3', parent: 'b2', service: 'late', name: 'grandchild', startMs: 12, durationMs: 5 },
    ]);
    await open(`/traces/${id}?find=is:orphan&collapsed=${'b2'.padStart(16, '0')}`);
    await at.page.getByRole('tree', { name: 'Waterfall, 2 spans' }).waitFor();
    await at.page.getByText('1 found').waitFor();
    await sendTrace(at.world.live, id, [{ id: 'b1', service: 'late', name: 'root', startMs: 0, durationMs: 50 }]);
    await at.page.getByRole('tree', { name: 'Waterfall, 3 spans' }).waitFor();
    await at.page.getByText('0 found').waitFor();
    await waterfall().focus();
    await at.page.keyboard.press('End');
    await expect.poll(() => currentSpan().textContent()).toContain('late child');
    expect(await currentSpan().getAttribute('aria-expanded')).toBe('false');
  });

  it('opens a trace of 20,000 spans, finds in it, folds it, and keeps all of it in the address', async () => {
    const id = await sendTrace(at.world.live, 'b16'.padEnd(32, '0'), bigTrace(20_000));
    await open(`/traces/${id}`);
    await at.page.getByRole('tree', { name: 'Waterfall, 20000 spans' }).waitFor();
    await at.page.keyboard.press('/');
    await at.page.keyboard.type('very last');
    await at.page.keyboard.press('Enter');
    await expect.poll(() => currentSpan().textContent()).toContain('the very last');
    await at.page.keyboard.press('Escape');
    await at.page.keyboard.press('e');
    await expect.poll(() => currentSpan().textContent()).toContain('failed');
    await waterfall().focus();
    await at.page.keyboard.press('Home');
    await at.page.keyboard.press('ArrowLeft');
    expect(await currentSpan().getAttribute('aria-expanded')).toBe('false');
    expect(await currentSpan().getAttribute('aria-setsize')).toBe('1');
    await at.page.waitForURL(/collapsed=0+1$/);
    await at.page.reload();
    await waterfall().waitFor();
    await expect.poll(() => currentSpan().getAttribute('aria-setsize')).toBe('1');
  });

  it('says that services are grouped where there are more than it keeps numbers for', async () => {
    const crowd = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, staticFolder: at.world.staticFolder });
    await sendTrace(crowd, '9e1'.padEnd(32, '0'), ODD_SPANS);
    await at.page.goto(crowd.loginUrl);
    await at.page.getByRole('article', { name: 'gateway' }).waitFor();
    expect(await at.page.getByRole('note').count()).toBe(0);
    const spans = Array.from({ length: 520 }, (_, i) => ({
      id: (i + 1).toString(16),
      service: `service-${i}`,
      name: 'work',
      startMs: 0,
      durationMs: 1,
    }));
    await sendTrace(crowd, '9e0'.padEnd(32, '0'), spans);
    await at.page.getByRole('note').getByText('(other services)').waitFor();
    await at.page.goto('about:blank');
    await crowd.close();
    at.faults.length = 0;
  });

  it('runs under a policy that refuses what is not of its own files; no test but this one breaks it', async () => {
    await open('/metric/http.server.request.duration');
    await live();
    await at.page.evaluate(() => document.head.append(Object.assign(document.createElement('style'), { textContent: '* {}' })));
    await expect.poll(() => at.faults.some((fault) => fault.startsWith('violates style-src-elem'))).toBe(true);
    at.faults.length = 0;
  });

  it('says what is the matter: without a login, and without a connection', async () => {
    const stranger = await at.browser.newContext();
    const other = await stranger.newPage();
    await other.goto(at.world.live.url);
    await other.getByText('This browser is not logged in.').waitFor();
    await stranger.close();

    const first = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, staticFolder: at.world.staticFolder });
    const port = Number(new URL(first.url).port);
    await at.page.goto(first.loginUrl);
    await at.page.getByText('Nothing has come in yet.').waitFor();
    await first.close();
    await at.page.getByText('Disconnected: what you see is the last that came.').waitFor();
    // Logins end with the process: the page finds the new one, and says so.
    const second = await startLive({ ports: { grpc: 0, http: 0, page: port }, staticFolder: at.world.staticFolder });
    await at.page.getByText('This browser is not logged in.').waitFor();
    await at.page.goto(second.loginUrl);
    await live();
    await at.page.goto('about:blank');
    await second.close();
    // The browser tells of each refused connection.
    at.faults.length = 0;
  });

  it('says that items were rejected, and that the live view is overloaded', async () => {
    await open('/');
    await live();
    const rejected = at.page.getByText(/^\d+ items? (was|were) rejected in the last 10 s\.$/);
    // The page counts from its first look at the ledger on.
    const send = async () => {
      await sendTrace(at.world.live, '0'.repeat(32), ODD_SPANS.slice(0, 1));
      return rejected.count();
    };
    await expect.poll(send, { timeout: 10_000 }).toBe(1);
    await at.page.getByText('Health says whose, and why.').waitFor();
    // The live view runs in this process. It tells its lag of whole periods of 10 s: the one under way may have been too calm.
    const busy = setInterval(() => {
      for (const end = Date.now() + 300; Date.now() < end; );
    }, 100);
    await at.page
      .getByText(/^The live view is overloaded: its event loop is \d+ ms late/)
      .waitFor({ timeout: 30_000 })
      .finally(() => clearInterval(busy));
  }, 60_000);

  it('streams JSON to a page that asks for it', async () => {
    await sendTrace(at.world.live, '150'.padEnd(32, '0'), ODD_SPANS.slice(0, 1));
    await open('/');
    const frame = await at.page.evaluate(() => {
      const socket = new WebSocket(`ws://${location.host}/stream?format=json`);
      socket.onopen = () => socket.send(JSON.stringify({ subscribe: [{ view: 'services' }] }));
      return new Promise<JsonFrame>((resolve) => {
        socket.onmessage = ({ data }) => 'frame' in JSON.parse(data) && resolve(JSON.parse(data).frame);
      });
    });
    expect(frame.sections.find(({ table }) => table === 'services')?.columns.service).toContain('gateway');
  });
});
