/**
 * `npm run bench page [seconds]`: how far behind the Now page is at 20,000 spans/s, how even its frames are, and how long a trace of 100,000 spans
 * takes to open; in headless Chromium, with the live view, the sender and the browser in processes of their own on this machine.
 *
 * Span end to pixel, for each span sent: from its end to the paint of the first drawing whose numbers count it. The sender lets 100 spans end
 * every 5 ms and sends them then, in one order; the stream's `slots` say in each frame how many requests (each span is one) were counted, and the
 * page draws its sparklines from them at every animation frame; so the first drawn frame that counts n requests is the one that shows span n. The
 * paint is the first task after that animation frame. What the sender, the network and the receiver let wait is in it; what an exporter's own
 * batching adds is not, nor the compositor and the screen's cable. All clocks read are this machine's, to the millisecond.
 */
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, launch, loggedIn, SKIPPED } from '../web/testing/browser.ts';
import { bigTrace, sendTrace } from '../web/testing/odd-trace.ts';
import { type LiveProcess, startLiveProcess } from './live-process.ts';
import { type LoadReport, startLoad } from './load.ts';
import { type DrawnFrame, type Noted, type Opening, watchFrames, watchWaterfall } from './page-probes.ts';
import { machine, median, milliseconds, percent, printTable, quantile, secondsArgument, sleep } from './print.ts';

const SPANS_PER_SECOND = 20_000;
const SERVICES = ['storefront', 'orders', 'inventory', 'payments'];
const BATCH = 100;
/** The page's and the server's code is warm after so long; what comes before does not count. */
const WARM_UP_SECONDS = 5;
/** How long the last spans may take to be drawn. */
const DRAIN_MS = 2_000;
const TRACE_SPANS = 100_000;
const TRACE_OPENINGS = 5;
/** A busy machine takes its time: that is a number to print, not an error. */
const OPENING_TIMEOUT_MS = 60_000;

const GOAL_P99_MS = 100;
const FRAME_MS = 20;
const GOAL_FRAMES = 0.95;
const GOAL_OPEN_MS = 1_000;

async function latency(live: LiveProcess, browser: Browser, seconds: number): Promise<void> {
  const context = await loggedIn(browser, live.loginUrl);
  const page = await context.newPage();
  await page.addInitScript(watchFrames);
  await page.goto(live.url);
  await page.getByText('Nothing has come in yet.').waitFor();
  const streams = SERVICES.map((service) => ({ service, size: BATCH }));
  const load = await startLoad(live, { spansPerSecond: SPANS_PER_SECOND, streams, record: true });
  try {
    await sleep(WARM_UP_SECONDS * 1000);
    const before = await live.state();
    const from = Date.now();
    await sleep(seconds * 1000);
    const to = Date.now();
    const after = await live.state();
    const sent = await load.stop();
    await sleep(DRAIN_MS);
    const { drawn } = await page.evaluate(() => ({ drawn: (globalThis as unknown as Noted).drawn }));
    const within = ({ atMs }: { atMs: number }): boolean => atMs >= from && atMs < to;
    const intervals = drawn.intervals.filter(within).map(({ ms }) => ms);
    const cores = (after.cpuSeconds - before.cpuSeconds) / ((to - from) / 1000);
    report(spansShown(sent, drawn.frames, from, to), intervals, cores);
  } finally {
    await load.kill();
    await context.close();
  }
}

interface Shown {
  endMs: number;
  /** How long after that it left the sender. */
  lateMs: number;
  frame: DrawnFrame;
}

/** Each batch that ended in the time, with the first frame drawn that counts all of it. @throws Error where one was never drawn */
function spansShown({ endsMs, lateMs, covered }: LoadReport, frames: readonly DrawnFrame[], from: number, to: number): Shown[] {
  let at = 0;
  return endsMs.flatMap((endMs, n) => {
    while (at < frames.length && (frames[at] as DrawnFrame).requests < (covered[n] as number)) at++;
    const frame = frames[at];
    if (frame === undefined) throw new Error(`the page never drew the spans that ended at ${new Date(endMs).toISOString()}`);
    return endMs >= from && endMs < to ? [{ endMs, lateMs: lateMs[n] as number, frame }] : [];
  });
}

function report(shown: readonly Shown[], intervals: readonly number[], cores: number): void {
  const quantiles = (values: readonly number[]): string => [0.5, 0.99].map((q) => milliseconds(quantile(values, q))).join(', ');
  const toPixel = shown.map(({ endMs, frame }) => frame.paintedMs - endMs);
  const p99 = quantile(toPixel, 0.99);
  const inTime = intervals.filter((ms) => ms <= FRAME_MS).length / intervals.length;
  const span = ((shown.at(-1)?.endMs ?? 0) - (shown[0]?.endMs ?? 0)) / 1000;
  printTable('the Now page', [
    { what: 'spans shown per second', value: Math.round(((shown.length - 1) * BATCH) / span).toString() },
    { what: 'span end to pixel, p50', value: milliseconds(median(toPixel)) },
    { what: 'span end to pixel, p99', value: milliseconds(p99), goal: `<= ${GOAL_P99_MS} ms`, met: p99 <= GOAL_P99_MS },
    { what: '  late to leave the sender (p50, p99)', value: quantiles(shown.map(({ lateMs }) => lateMs)) },
    { what: '  left to frame made (p50, p99)', value: quantiles(shown.map((one) => one.frame.madeMs - one.endMs - one.lateMs)) },
    { what: '  frame made to page (p50, p99)', value: quantiles(shown.map(({ frame }) => frame.arrivedMs - frame.madeMs)) },
    { what: '  page to paint (p50, p99)', value: quantiles(shown.map(({ frame }) => frame.paintedMs - frame.arrivedMs)) },
    {
      what: `frames within ${FRAME_MS} ms`,
      value: percent(inTime),
      goal: `>= ${percent(GOAL_FRAMES)}`,
      met: inTime >= GOAL_FRAMES,
    },
    { what: 'between frames (p50, p99)', value: quantiles(intervals) },
    { what: 'processor of the server', value: percent(cores) },
  ]);
}

/**
 * Opens the trace in a new page each time: by its address, with the page's start in it, which goes on while the answer is made; and by its link on the
 * page of traces.
 */
async function opening(live: LiveProcess, browser: Browser): Promise<void> {
  const traceId = await sendTrace(live, 'b16'.padEnd(32, '0'), bigTrace(TRACE_SPANS));
  const context = await loggedIn(browser, live.loginUrl);
  context.setDefaultTimeout(OPENING_TIMEOUT_MS);
  const ways: Record<string, (page: Page) => Promise<void>> = {
    address: async (page) => {
      await page.goto(`${live.url}/traces/${traceId}`);
    },
    link: async (page) => {
      await page.goto(`${live.url}/traces`);
      await page.locator(`a[href*="${traceId}"]`).first().click();
    },
  };
  for (const [way, open] of Object.entries(ways)) {
    const openings: Opening[] = [];
    for (let n = 0; n < TRACE_OPENINGS; n++) {
      const page = await context.newPage();
      await page.addInitScript(watchWaterfall, TRACE_SPANS);
      await open(page);
      const noted = await page.waitForFunction(() => (globalThis as unknown as Noted).opening);
      openings.push((await noted.jsonValue()) as Opening);
      // The page then asks for the trace's analysis, which would be in the way of the next one.
      await page.getByText('Suspected bottleneck').waitFor();
      await page.close();
    }
    reportOpenings(way, openings);
  }
  await context.close();
}

function reportOpenings(way: string, openings: readonly Opening[]): void {
  const pixels = openings.map((one) => one.pixels);
  const typical = median(pixels);
  const middle = (value: (one: Opening) => number): string => milliseconds(median(openings.map(value)));
  printTable(`a trace of ${TRACE_SPANS} spans, opened by its ${way} ${openings.length} times, to its waterfall's pixels`, [
    { what: 'median', value: milliseconds(typical), goal: `<= ${GOAL_OPEN_MS} ms`, met: typical <= GOAL_OPEN_MS },
    { what: '  to the request', value: middle(({ asked }) => asked) },
    { what: '  request to answer', value: middle(({ asked, answering }) => answering - asked) },
    { what: '  answer to its end', value: middle(({ answering, answered }) => answered - answering) },
    { what: '  answer to pixels', value: middle((one) => one.pixels - one.answered) },
    { what: 'quickest, slowest', value: [Math.min(...pixels), Math.max(...pixels)].map(milliseconds).join(', ') },
  ]);
}

const seconds = secondsArgument('page', 20, 1);
if (CHROMIUM === undefined) {
  console.log(`bench page ${SKIPPED}`);
} else {
  console.log(`${machine()}\n${SPANS_PER_SECOND} spans/s of 17 attributes for ${seconds} s, ${CHROMIUM} headless`);
  const browser = await launch();
  try {
    for (const measure of [latency, opening]) {
      const live = await startLiveProcess();
      try {
        await measure(live, browser, seconds);
      } finally {
        await live.close();
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`\nafter it: ${machine()}`);
}
