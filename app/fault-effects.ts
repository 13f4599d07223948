import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type pg from 'pg';
import type { Logger } from 'pino';
import { MEMORY } from '../monitoring/names/memory.ts';

// What faults do that act by themselves (Faults.during): each returns what ends it.

/** Computes for 200 ms at a time, twice a second: often enough that one in a hundred readings of the loop's delay, its p99, sees it. */
export function blockEventLoop(): () => void {
  const timer = setInterval(() => {
    const until = performance.now() + 200;
    while (performance.now() < until);
  }, 500);
  return () => clearInterval(timer);
}

/** Takes every connection for 1.5 s, gives them back for a quarter of a second, and so on: requests wait, and none waits for longer than it may. */
export function holdConnections(pool: pg.Pool): () => void {
  const over = new AbortController();
  const pause = (milliseconds: number) => wait(milliseconds, undefined, { signal: over.signal }).catch(() => {});
  const hold = async () => {
    while (!over.signal.aborted) {
      const taken = await Promise.allSettled(Array.from({ length: pool.options.max ?? 1 }, () => pool.connect()));
      await pause(1500);
      for (const one of taken) if (one.status === 'fulfilled') one.value.release();
      await pause(250);
    }
  };
  void hold();
  return () => over.abort();
}

const CHUNK = 4 * 2 ** 20;
/** Nine tenths of the container's limit: above what alerts, below what kills. */
const MOST = 0.9 * (MEMORY.find(({ job }) => job === 'shop')?.limit ?? 0) * 2 ** 20;

/** Keeps 8 MiB more each second until the process holds `most` bytes in all; what the process itself grows by meanwhile is given back. */
export function leakMemory(most = MOST): () => void {
  const kept: Buffer[] = [];
  const timer = setInterval(() => {
    const held = process.memoryUsage.rss();
    if (held + CHUNK <= most) kept.push(Buffer.alloc(CHUNK, 1));
    else if (held > most) kept.pop();
  }, 500);
  return () => {
    clearInterval(timer);
    kept.length = 0;
    // A service at ease might not collect for minutes.
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
  };
}

/** Writes 400 lines a second. */
export function stormOfLines(logger: Logger): () => void {
  let entry = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 40; i++) logger.info({ entry: entry++ % 3000 }, 'cache entry checked');
  }, 100);
  return () => clearInterval(timer);
}
