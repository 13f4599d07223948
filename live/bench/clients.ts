/**
 * `npm run bench clients [seconds]`: under 5,000 spans/s, what slow stream clients cost the server and another client; and whether services with
 * one span to a hundred of another keep their last 100 traces.
 *
 * Two slow clients at once: one reads two messages a second and acknowledges what it read; the other reads nothing and acknowledges everything.
 * They come after as long a time without them. Memory is the server's right after a full collection, once the rings are full and every second of
 * what is derived has been seen: the median of the readings with them, against that of the latter half of those before. What the system's own
 * socket buffers hold is not the process's.
 */
import { RETENTION_SECONDS } from '../server/derive/series.ts';
import { type LiveProcess, type LiveState, spansIn, startLiveProcess } from './live-process.ts';
import { type Load, startLoad } from './load.ts';
import { machine, median, megabytes, milliseconds, printTable, quantile, secondsArgument, sleep } from './print.ts';
import { connectClient, NOW_VIEWS, type StreamClient } from './stream-clients.ts';

const SPANS_PER_SECOND = 5_000;
/** As many spans of each service, so that what is held soon stays alike. */
const EVEN = Array.from({ length: 10 }, (_, i) => ({ service: `even-${i}`, size: 10 }));
const NOISY = { service: 'noisy', size: 100 };
const REMEMBER = 100;
const QUIET = Array.from({ length: 10 }, (_, i) => ({ service: `quiet-${i}`, size: 1, remember: REMEMBER }));
/** Small, so that the rings are full soon. */
const CAP_BYTES = 16 * 2 ** 20;
/** How long there is noise. */
const NOISE_MS = 30_000;
/** The search orders by start, the sender sends by end: among so many are the last that were sent. */
const SEARCHED = 2 * REMEMBER;
/** After the rings are full: every slot of what is derived has then been written, code is compiled, and the heap has found its size. */
const SETTLE_MS = RETENTION_SECONDS * 1000;
/** Between two readings of memory: each collects garbage, which no frame is made during. */
const READ_SECONDS = 5;
const FILL_MS = 60_000;
const GOAL_BYTES = 4e6;
/** The other client is unaffected where it gets as many frames as before, but for so many in a hundred. */
const GOAL_FRAMES = 0.95;

interface Phase {
  states: LiveState[];
  framesPerSecond: number;
  gapP99Ms: number;
}

async function phase(live: LiveProcess, client: StreamClient, seconds: number): Promise<Phase> {
  const states: LiveState[] = [];
  await live.state();
  const from = performance.now();
  for (let at = READ_SECONDS; at <= seconds; at += READ_SECONDS) {
    await sleep(from + at * 1000 - performance.now());
    states.push(await live.state());
  }
  const to = performance.now();
  const at = client.framesAt.filter((ms) => ms >= from && ms < to);
  const gaps = at.slice(1).map((ms, i) => ms - (at[i] as number));
  return { states, framesPerSecond: at.length / ((to - from) / 1000), gapP99Ms: quantile(gaps, 0.99) };
}

async function filled(live: LiveProcess): Promise<void> {
  for (const deadline = performance.now() + FILL_MS; performance.now() < deadline; await sleep(500)) {
    if ((await spansIn(live)).evicted > 0) return;
  }
  throw new Error(`the rings are not full after ${FILL_MS / 1000} s of ${SPANS_PER_SECOND} spans/s`);
}

async function slowClients(live: LiveProcess, seconds: number): Promise<void> {
  const other = connectClient(live, 'prompt', NOW_VIEWS);
  await filled(live);
  await sleep(SETTLE_MS);
  const before = await phase(live, other, seconds);
  const throttled = connectClient(live, 'throttled', NOW_VIEWS);
  const deaf = connectClient(live, 'deaf', NOW_VIEWS);
  const during = await phase(live, other, seconds);
  const { frames } = await live.api<{ frames: { skipped: number } }>('/api/health');
  for (const client of [throttled, deaf, other]) client.close();

  const of = (states: readonly LiveState[], name: 'rssBytes' | 'heldBytes'): number => median(states.map((one) => one[name]));
  const half = Math.floor(before.states.length / 2);
  const [early, late] = [before.states.slice(0, half), before.states.slice(half)];
  const queued = Math.max(...during.states.map(({ queuedBytes }) => queuedBytes));
  const bound = (what: string, bytes: number) => ({
    what,
    value: megabytes(bytes),
    goal: `<= ${megabytes(GOAL_BYTES)}`,
    met: bytes <= GOAL_BYTES,
  });
  const share = during.framesPerSecond / before.framesPerSecond;
  printTable(`a throttled and a deaf client for ${seconds} s, beside one that keeps up`, [
    { what: 'resident memory before', value: megabytes(of(late, 'rssBytes')) },
    { what: '  had grown by itself by', value: megabytes(of(late, 'rssBytes') - of(early, 'rssBytes')) },
    bound('  grown with them by', of(during.states, 'rssBytes') - of(late, 'rssBytes')),
    { what: 'heap and columns before', value: megabytes(of(late, 'heldBytes')) },
    { what: '  had grown by itself by', value: megabytes(of(late, 'heldBytes') - of(early, 'heldBytes')) },
    bound('  grown with them by', of(during.states, 'heldBytes') - of(late, 'heldBytes')),
    bound('queued for all clients, at most', queued),
    { what: 'frames left out for slow clients', value: String(frames.skipped) },
    { what: 'frames the throttled client read', value: String(throttled.framesAt.length) },
    { what: 'the deaf client was closed', value: `${deaf.reconnects} times` },
    { what: "the other's frames per second before", value: before.framesPerSecond.toFixed(1) },
    {
      what: "the other's frames per second during",
      value: during.framesPerSecond.toFixed(1),
      goal: `>= ${GOAL_FRAMES * 100} % of before`,
      met: share >= GOAL_FRAMES,
    },
    {
      what: 'between its frames, p99, before and during',
      value: `${milliseconds(before.gapP99Ms)}, ${milliseconds(during.gapP99Ms)}`,
    },
  ]);
}

/** Lets the noise evict for a while, then asks for the quiet services' last traces. */
async function quietServices(live: LiveProcess, load: Load): Promise<void> {
  await filled(live);
  await sleep(NOISE_MS);
  const sent = await load.stop();
  const spans = await spansIn(live);
  const kept: number[] = [];
  for (const { service } of QUIET) {
    const { traces } = await live.api<{ traces: { traceId: string }[] }>(`/api/traces?service=${service}&limit=${SEARCHED}`);
    const held = new Set(traces.map(({ traceId }) => traceId));
    kept.push(sent.last[service]?.filter((id) => held.has(id)).length ?? 0);
  }
  const least = Math.min(...kept);
  printTable(`noise ${NOISY.size}:1, against each of ${QUIET.length} quiet services`, [
    { what: 'spans received', value: String(spans.received) },
    { what: 'spans held', value: String(spans.held) },
    { what: 'spans evicted', value: String(spans.evicted) },
    {
      what: `of its last ${REMEMBER} traces, the least held`,
      value: String(least),
      goal: String(REMEMBER),
      met: least === REMEMBER,
    },
  ]);
}

const seconds = secondsArgument('clients', 60, 2 * READ_SECONDS);
console.log(`${machine()}\n${SPANS_PER_SECOND} spans/s of 17 attributes, ${megabytes(CAP_BYTES)} of them held`);
for (const { streams, measure } of [
  { streams: EVEN, measure: (live: LiveProcess) => slowClients(live, seconds) },
  { streams: [NOISY, ...QUIET], measure: quietServices },
]) {
  const live = await startLiveProcess({ caps: { traces: CAP_BYTES } });
  try {
    const options = { spansPerSecond: SPANS_PER_SECOND, streams, record: false };
    const load = await startLoad(live, options);
    try {
      await measure(live, load);
    } finally {
      await load.kill();
    }
  } finally {
    await live.close();
  }
}
console.log(`\nafter it: ${machine()}`);
