/**
 * `npm run bench database [seconds]`: what the watcher of the database costs under the shop's traffic: its processor time, and what its statements take in
 * PostgreSQL beside those of the shop. Linux only: the processor time of another process is read from /proc.
 */

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { WATCHER } from '../../app/local/postgres.ts';
import { startShop } from '../../app/local/shop.ts';
import { MARK } from '../../database/session.ts';
import { machine, percent, printTable, secondsArgument, sleep } from '../../live/bench/print.ts';
import { drive } from '../../traffic-generator/node-driver.ts';
import { SHAPES } from '../../traffic-generator/shapes.ts';

const CORE_GOAL = 0.01;
const TIME_GOAL = 0.02;
/** Processor time in /proc is in ticks of a hundredth of a second on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;
/** Until it is measured: the first readings find every statement new, and the texts of all; a rush needs a minute to come. Its plateau bounds `most`. */
const LOADS = [
  { shape: 'steady', settleMs: 15_000, mostSeconds: Number.POSITIVE_INFINITY },
  { shape: 'rush', settleMs: 65_000, mostSeconds: 170 },
] as const;

const seconds = secondsArgument('database', 120, 30);
const sink = createServer((request, response) => request.resume().on('end', () => response.end())).listen(0, '127.0.0.1');
await once(sink, 'listening');
const shop = await startShop({
  port: 0,
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(sink.address() as AddressInfo).port}` },
  print: () => {},
});
const monitor = new pg.Client({ ...shop.database, user: WATCHER });
try {
  await monitor.connect();
  console.log(machine());
  for (const load of LOADS) await measure(load);
} finally {
  await monitor.end();
  await shop.stop();
  sink.close();
}

async function measure({ shape, settleMs, mostSeconds }: (typeof LOADS)[number]): Promise<void> {
  const over = new AbortController();
  const traffic = drive({ target: `http://127.0.0.1:${shop.ports.storefront.port}`, shape: SHAPES[shape], signal: over.signal });
  await sleep(settleMs);
  const pid = watcher();
  const [before, ticks, began] = [await times(), processorSeconds(pid), performance.now()];
  await sleep(Math.min(seconds, mostSeconds) * 1000);
  const wall = (performance.now() - began) / 1000;
  const [after, core] = [await times(), (processorSeconds(pid) - ticks) / wall];
  over.abort();
  await traffic;
  const own = (after.own - before.own) / 1000;
  const shops = (after.others - before.others) / 1000;
  const share = own / (own + shops);
  printTable(`the watcher, ${wall.toFixed(0)} s of ${shape}`, [
    { what: 'its processor time, of one core', value: percent(core), goal: `< ${percent(CORE_GOAL)}`, met: core < CORE_GOAL },
    {
      what: 'its statements, of the time of all',
      value: percent(share),
      goal: `< ${percent(TIME_GOAL)}`,
      met: share < TIME_GOAL,
    },
    { what: 'its statements, a second', value: `${((own / wall) * 1000).toFixed(2)} ms` },
    { what: "the shop's statements, a second", value: `${((shops / wall) * 1000).toFixed(2)} ms` },
  ]);
}

/** Milliseconds that statements took since the server began: planning and running, the watcher's and all others'. */
async function times(): Promise<{ own: number; others: number }> {
  const { rows } = await monitor.query(
    `SELECT ${MARK} coalesce(sum(total_exec_time + total_plan_time) FILTER (WHERE strpos(query, '${MARK}') > 0), 0)::float8 AS own,
      coalesce(sum(total_exec_time + total_plan_time) FILTER (WHERE strpos(query, '${MARK}') = 0), 0)::float8 AS others FROM pg_stat_statements`,
  );
  return rows[0];
}

/** The process that watches, a child of this one. */
function watcher(): number {
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const [parent] = stat(Number(pid)) ?? [];
    return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('database/main.js');
  });
  if (!found) throw new Error('the watcher does not run');
  return Number(found);
}

/** Parent, and user and system time in seconds (proc(5)); undefined for a process that has ended. */
function stat(pid: number): [parent: number, seconds: number] | undefined {
  try {
    // The name in brackets may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return [Number(fields[1]), (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND];
  } catch {
    return undefined;
  }
}

function processorSeconds(pid: number): number {
  const [, seconds] = stat(pid) ?? [];
  if (seconds === undefined) throw new Error('the watcher has ended');
  return seconds;
}
