/**
 * The drill: every fault that the shop knows, one after the other, under the steady traffic. What must fire does, what must not does not, and all
 * is quiet again after it ends. The rules' time runs faster (faster-rules.ts), so that an hour of burning budget is two minutes.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, type Fault, type FaultName } from '../app/faults.ts';
import { ROOT } from '../telemetry/root.ts';
import { METRICS } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { addresses } from './compose/addresses.ts';
import { probe } from './proof/probe.ts';
import { stores } from './proof/stores.ts';
import { fasterRules, SPEEDS } from './testing/faster-rules.ts';

/** A fault is on for so long at least: time for what must not fire. */
const ON_SECONDS = 40;
/** What a fault may take until all that must fire does. */
const MOST_SECONDS = 300;
/** And until all is quiet after it: of a table that was dropped the collector's exporter shows the last value for five minutes more. */
const QUIET_SECONDS = 420;
/** These learn from the minutes before, which in a drill are other faults. */
const LEARNED = ['RateUnusual', 'LatencyUnusual'];

/** A machine that has other work to do makes every event loop wait. */
const OF_THE_MACHINE = 'EventLoopBlocked';

const overlay = fasterRules(join(ROOT, '.sightline', 'drill'));
process.env.COMPOSE_FILE = `${process.env.COMPOSE_FILE ?? 'docker-compose.yml'}:${overlay}`;
process.env.COMPOSE_PROJECT_NAME ??= 'sightline-drill';
const at = addresses();
const ask = stores(at, 10_000);

const run = (program: string, ...args: string[]) =>
  new Promise<{ status: number; said: string }>((resolve) => {
    execFile(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, said: stdout + stderr }),
    );
  });
const compose = (...args: string[]) => run('docker', 'compose', ...args);
const down = () => compose('--profile', '*', 'down', '-v', '--remove-orphans');

async function switchFault(name: FaultName, off: boolean): Promise<void> {
  const { status, said } = await run(process.execPath, 'stack/run.mjs', 'fault', name, ...(off ? ['--off'] : []));
  expect(status, said).toBe(0);
}

const TICKET = ' (ticket)';
/** Names of the alerts in a state; a promise's page and ticket have the same, and the ticket is told as such. */
async function alerts(state: 'pending' | 'firing'): Promise<string[]> {
  const found = await ask.query(`ALERTS{alertstate="${state}"}`);
  const names = found.map(({ metric }) => `${metric.alertname}${metric.sloth_severity === 'ticket' ? TICKET : ''}`);
  return [...new Set(names)].filter((name) => !LEARNED.includes(name));
}
/** A promise's ticket goes on for hours after its cause, by its windows: it tells of a budget that is spent, not of a fault. */
const quiet = async () => (await alerts('firing')).every((name) => name.endsWith(TICKET));

/** What was before must not be taken for what this fault does: least of all by the promises, which look back for days. */
async function forgetAll(): Promise<void> {
  const all = new URLSearchParams({ 'match[]': '{__name__=~".+"}' });
  const { status } = await fetch(`${at.prometheus}/api/v1/admin/tsdb/delete_series?${all}`, { method: 'POST' });
  expect(status).toBe(204);
  await eventually('nothing firing, and traffic', async () => (await alerts('firing')).length === 0 && (await traffic()), 120);
}
const traffic = async () => (await ask.query(`sum(rate(${METRICS.requestDuration.name}_count[15s])) > 2`)).length > 0;

/** Whether the fault's first signal has something of the time since `since`, in Unix milliseconds. */
async function shows({ signal, service }: Fault, since: number): Promise<boolean> {
  if (signal.of === 'metrics') return (await ask.query(signal.query)).length > 0;
  if (signal.of === 'logs') {
    const seconds = Math.max(1, Math.floor((Date.now() - since) / 1000));
    return (await ask.logMetric(`sum(count_over_time(${signal.query} [${seconds}s]))`)).length > 0;
  }
  const kind: Record<string, string> =
    'failed' in signal ? { tags: '{"error":"true"}' } : { minDuration: `${signal.slowerThanSeconds * 1000}ms` };
  const between = { lookback: 'custom', start: String(since * 1000), end: String(Date.now() * 1000) };
  return (await ask.searchTraces({ service, ...kind, ...between })) > 0;
}

/** Beside the traffic, which has an order every few seconds: some faults need two at once. What becomes of them is the fault's matter. */
let underWay = false;
function twoOrders(): void {
  if (underWay) return;
  underWay = true;
  const orders = [probe(at.storefront), probe(at.storefront), sleep(4000)];
  void Promise.allSettled(orders).then(() => {
    underWay = false;
  });
}

const rows: Record<string, unknown> = {};

beforeAll(async () => {
  await down();
  const { status, said } = await compose('up', '-d', '--build');
  expect(status, said.slice(-2000)).toBe(0);
  await eventually('traffic', () => traffic().catch(() => false), 300);
});
afterAll(async () => {
  console.info(`Seconds since a fault was switched on, with the rules' time faster: ${JSON.stringify(SPEEDS)}`);
  console.table(rows);
  await down();
});

describe.each(Object.entries(FAULTS) as [FaultName, Fault][])('%s', (name, fault) => {
  it('is seen, fires its alerts and no others, and is forgotten when it ends', async () => {
    const expected: readonly string[] = fault.alerts;
    const allowed: readonly string[] = [...expected, ...fault.mayAlert, OF_THE_MACHINE];
    await forgetAll();
    const began = Date.now();
    const since = () => Math.round((Date.now() - began) / 1000);
    if (fault.signal.of === 'metrics') expect(await shows(fault, began), 'its signal, before').toBe(false);
    await switchFault(name, false);
    let visible: number | undefined;
    const pending: Record<string, number> = {};
    const firing: Record<string, number> = {};
    try {
      await eventually(
        `of ${expected.join(', ') || 'its signal'}`,
        async () => {
          await sleep(500); // So often is often enough: the stores have a fault to show.
          twoOrders();
          if (visible === undefined && (await shows(fault, began))) visible = since();
          for (const alert of await alerts('pending')) pending[alert] ??= since();
          for (const alert of await alerts('firing')) firing[alert] ??= since();
          return visible !== undefined && expected.every((alert) => alert in firing) && since() >= ON_SECONDS;
        },
        MOST_SECONDS,
      );
    } finally {
      const ended = Date.now();
      await switchFault(name, true);
      await eventually('quiet after it', quiet, QUIET_SECONDS).catch(() => {});
      const quietAfter = (await quiet()) ? Math.round((Date.now() - ended) / 1000) : 'never';
      const times = (list: Record<string, number>) =>
        Object.entries(list)
          .map(([alert, seconds]) => `${alert} ${seconds}`)
          .join(', ');
      rows[name] = { visible, pending: times(pending), firing: times(firing), 'quiet after': quietAfter };
      console.info(name, JSON.stringify(rows[name]));
    }
    expect(Object.keys(firing).filter((alert) => !allowed.includes(alert.replace(TICKET, '')))).toEqual([]);
    expect(rows[name]).toMatchObject({ 'quiet after': expect.any(Number) });
  });
});
