/** The page Database in Chromium, on what the watcher's own readers and encoder sent. */
import { describe, expect, it } from 'vitest';
import { startLive } from '../../server/main.ts';
import { traces } from '../../server/testing/requests.ts';
import { LOCKING, LOCKING_SQL, SCANNING, SCANNING_SQL, type Watched, watchRecorded } from '../../server/testing/watched.ts';
import { violations } from '../testing/axe.ts';
import { CHROMIUM } from '../testing/browser.ts';
import { type LivePage, startLivePage } from '../testing/live-page.ts';
import { usePage } from '../testing/page.ts';
import { send } from '../testing/past.ts';

async function startWatched(): Promise<LivePage & { watched: Watched }> {
  const page = await startLivePage();
  const watched = await watchRecorded(page.live);
  const [, waiter] = watched.traces;
  const request = { name: 'POST /reserve', kind: 2, id: '00000000000000aa', trace: waiter, durationMs: 500 };
  const sql = { name: 'SELECT shop', kind: 3, parent: request.id, trace: waiter, durationMs: 450 };
  await send(
    page.live,
    'traces',
    traces('inventory', [request, { ...sql, id: watched.spans[1], attributes: { 'db.query.text': SCANNING_SQL } }]),
  );
  return { ...page, watched };
}

describe.skipIf(!CHROMIUM)('the page Database', () => {
  const at = usePage(startWatched);
  const { open, live } = at;
  const region = (name: string | RegExp) => at.page.getByRole('region', { name });
  /** The statements from the first row down. */
  const statements = () => region('Statements').first().locator('tbody td:first-child').allTextContents();

  it('shows what waits, who holds it up, the dearest statements by what is asked for, and what is wrong with tables', async () => {
    await open('/database');
    await live();
    const work = region(/^Sessions at work/);
    await work.getByText('Lock', { exact: true }).first().waitFor();
    await work.getByRole('link', { name: 'trace of session 12' }).waitFor();

    const blocking = region(/^Blocking/);
    expect(await blocking.locator('.lock-session b').allTextContents()).toEqual(['11', '12', '13']);
    const href = await blocking.getByRole('link', { name: 'trace of session 11' }).getAttribute('href');
    expect(href).toContain(`/traces/${at.world.watched.traces[0]}?span=${at.world.watched.spans[0]}`);

    await expect.poll(statements).toEqual([SCANNING_SQL, LOCKING_SQL]);
    await at.page.getByRole('columnheader', { name: 'Calls' }).getByRole('button').click();
    await expect.poll(statements).toEqual([LOCKING_SQL, SCANNING_SQL]);
    await expect.poll(() => at.page.url()).toContain('sort=calls');
    await at.page.getByRole('searchbox', { name: 'Find in statements' }).fill('order_events');
    await expect.poll(statements).toEqual([SCANNING_SQL]);

    const tables = region(/^Tables and indexes/);
    await tables.getByText('CREATE INDEX CONCURRENTLY ON public.order_events (email);').waitFor();
    await tables.getByRole('link', { name: 'The statement' }).first().click();
    await at.page.getByText(`queryid ${SCANNING}`).waitFor();
  });

  it('shows of a statement its text set out, its course, the dearest node of its plan, its callers and its traces', async () => {
    await open(`/database/${SCANNING}`);
    await at.page.getByText(/^SELECT\n {2}count\(\*\)\nFROM\n {2}order_events/).waitFor();
    const dearest = at.page.locator('tr.dearest');
    await dearest.getByText('Seq Scan on order_events').waitFor();
    await dearest.getByText('×500 more').waitFor();
    expect(await at.page.locator('.chart').count()).toBe(2);
    await region(/^Called by/)
      .getByRole('link', { name: 'POST /reserve' })
      .waitFor();
    const trace = await region(/^Traces/)
      .getByRole('link', { name: 'trace of 450 ms' })
      .getAttribute('href');
    expect(trace).toContain(at.world.watched.traces[1]);
    await open(`/database/${LOCKING}`);
    await region(/^Waits/)
      .getByText('Lock transactionid')
      .waitFor();
  });

  it('is one click away from a span that ran a statement, at the time of that span', async () => {
    const [, waiter] = at.world.watched.traces;
    await open(`/traces/${waiter}?span=${at.world.watched.spans[1]}`);
    await at.page.getByRole('link', { name: 'Its statement' }).click();
    await at.page.getByText(`queryid ${SCANNING}`).waitFor();
    await at.page.getByText('Not live:').waitFor();
    await at.page.getByRole('link', { name: 'What else ran then' }).click();
    await expect.poll(statements).toEqual([SCANNING_SQL, LOCKING_SQL]);
  });

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)('has nothing that axe objects to and fits %i px, %s', async (width, colorScheme) => {
    await at.page.setViewportSize({ width, height: 844 });
    await at.page.emulateMedia({ colorScheme });
    for (const [path, text] of [
      ['/database', 'CREATE INDEX CONCURRENTLY'],
      [`/database/${SCANNING}`, 'costs most'],
    ] as const) {
      await open(path);
      await at.page.getByText(text).first().waitFor();
      expect(await violations(at.page)).toEqual([]);
      expect(await at.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  it('says what to run where no database is watched, and that a statement is not held', async () => {
    const empty = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, staticFolder: at.world.staticFolder });
    await at.page.goto(empty.loginUrl);
    await at.page.goto(`${empty.url}/database`);
    await at.page.getByText('npm run database -- --url postgres://user@host:5432/name').waitFor();
    await at.page.goto(`${empty.url}/database/${SCANNING}`);
    await at.page.getByText(`nothing is held of statement ${SCANNING}`).waitFor();
    // The browser itself says so of an answer with status 404. The page leaves before its server ends: what it still loads would be a fault, too.
    await at.page.goto('about:blank');
    at.faults.length = 0;
    await empty.close();
  });
});
