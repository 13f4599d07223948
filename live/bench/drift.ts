/**
 * `npm run bench drift [seconds]`: whether the live view grows while it only replaces what it holds. 5,000 spans/s for an hour, or as long as is
 * asked for, with a client at 60 Hz as the Now page is one.
 *
 * Resident memory is read right after a full collection, six times a minute; each minute's line is the median of its readings. It has settled once
 * the rings and all that is derived are full; the drift is from the minute after that to the last.
 */
import { type LiveProcess, type LiveState, spansIn, startLiveProcess } from './live-process.ts';
import { startLoad } from './load.ts';
import { machine, median, megabytes, percent, printTable, secondsArgument, sleep } from './print.ts';
import { connectClient, NOW_VIEWS } from './stream-clients.ts';

const SPANS_PER_SECOND = 5_000;
const STREAMS = ['storefront', 'orders', 'inventory', 'payments'].map((service) => ({ service, size: 100 }));
/** Full within the first minute: 5,000 spans/s come to some 75 MB in that time. */
const CAP_BYTES = 48 * 2 ** 20;
const MINUTE = 60;
const READINGS = 6;
/** Minutes at the beginning that do not count: the first fills the rings, the next two the 120 seconds of what is derived. */
const SETTLING_MINUTES = 3;
const GOAL_DRIFT = 0.05;

interface Minute extends Pick<LiveState, 'rssBytes' | 'heldBytes'> {
  received: number;
  evicted: number;
}

async function minute(live: LiveProcess, startedMs: number, n: number): Promise<Minute> {
  const states: LiveState[] = [];
  for (let reading = 1; reading <= READINGS; reading++) {
    await sleep(startedMs + (n * MINUTE + (reading * MINUTE) / READINGS) * 1000 - performance.now());
    states.push(await live.state());
  }
  const { received, held, evicted } = await spansIn(live);
  const one = {
    rssBytes: median(states.map(({ rssBytes }) => rssBytes)),
    heldBytes: median(states.map(({ heldBytes }) => heldBytes)),
    received,
    evicted,
  };
  const columns = [megabytes(one.rssBytes), megabytes(one.heldBytes), received, held, evicted];
  console.log([n + 1, ...columns].map((column) => String(column).padStart(14)).join(''));
  return one;
}

const seconds = secondsArgument('drift', 3600, (SETTLING_MINUTES + 2) * MINUTE);
console.log(
  `${machine()}\n${SPANS_PER_SECOND} spans/s of 17 attributes for ${seconds} s, ${megabytes(CAP_BYTES)} of them held\n` +
    ['minute', 'resident', 'heap+columns', 'received', 'held', 'evicted'].map((name) => name.padStart(14)).join(''),
);
const live = await startLiveProcess({ caps: { traces: CAP_BYTES } });
const viewer = connectClient(live, 'prompt', NOW_VIEWS);
try {
  const options = { spansPerSecond: SPANS_PER_SECOND, streams: STREAMS, record: false };
  const load = await startLoad(live, options);
  try {
    const started = performance.now();
    const minutes: Minute[] = [];
    for (let n = 0; n < Math.floor(seconds / MINUTE); n++) minutes.push(await minute(live, started, n));
    const ended = performance.now();
    await load.stop();
    const settled = minutes[SETTLING_MINUTES] as Minute;
    const last = minutes.at(-1) as Minute;
    if (minutes[SETTLING_MINUTES - 1]?.evicted === 0) throw new Error('the rings were not full when memory should have settled');
    const measured = (minutes.length - SETTLING_MINUTES - 1) * MINUTE;
    const frames = viewer.framesAt.filter((ms) => ms > ended - measured * 1000 && ms <= ended).length;
    const drift = last.rssBytes / settled.rssBytes - 1;
    printTable(`from minute ${SETTLING_MINUTES + 1} to minute ${minutes.length}`, [
      { what: 'spans per second', value: ((last.received - settled.received) / measured).toFixed(0) },
      { what: "the viewer's frames per second", value: (frames / measured).toFixed(1) },
      { what: 'drift of resident memory', value: percent(drift), goal: `< ${percent(GOAL_DRIFT)}`, met: drift < GOAL_DRIFT },
      { what: 'drift of heap and columns', value: percent(last.heldBytes / settled.heldBytes - 1) },
    ]);
  } finally {
    await load.kill();
  }
} finally {
  viewer.close();
  await live.close();
}
console.log(`\nafter it: ${machine()}`);
