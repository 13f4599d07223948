import { DATABASE, LABELS } from '../../telemetry/signals.ts';
import { DATABASE_LABELS, DATABASE_METRICS } from '../names/database-metrics.ts';
import { rateOver, sum } from '../names/promql.ts';
import type { Alert } from '../rules/alert.ts';
import { label } from '../rules/alert-links.ts';
import { counter, gauge } from '../rules/scenario.ts';
import { CALM } from './series.ts';

const { database, statement, table, replica, mountpoint } = DATABASE_LABELS;
const m = DATABASE_METRICS;
const board = { dashboard: 'database' } as const;
const lines = (text: string) => `{${LABELS.service}="${DATABASE}"} |= "${text}"`;
const shop = { [database]: 'shop' };
const of = { ...shop, [statement]: '42' };
/** The receiver names a table with its schema. */
const products = { [table]: 'inventory.products' };
const GIB = 2 ** 30;

/** Mean seconds of a call of each statement, over `window`, as of `ago`. */
const mean = (window: string, ago = '') => {
  const each = (counter: string) => sum(`rate(${counter}[${window}]${ago})`, database, statement);
  return `${each(m.time)} / ${each(m.calls)}`;
};

/** What goes wrong in the database before, or while, requests suffer from it: which statement, lock or table it is, no symptom says. */
export const DATABASE_ALERTS = {
  DatabaseDeadlock: {
    severity: 'ticket',
    symptom:
      'Transactions wait for each other, so that the database fails one of them: somebody got an error for no fault of theirs.',
    measure: sum(`increase(${m.deadlocks}[2m])`, database),
    fires: '> 0',
    unit: 'count',
    for: ['0s', 'one is a fault in the program, whose order of locks differs from place to place'],
    keepFiringFor: ['5m', 'they come when two requests happen to meet'],
    predicts: 'A retry hides it until the traffic grows: pairs that meet grow with its square.',
    links: { ...board, logs: lines('deadlock detected') },
    healthy: [counter(m.deadlocks, shop, [CALM, 0])],
    scenarios: [
      {
        name: 'one a minute for ten minutes',
        series: [counter(m.deadlocks, shop, [10, 0], [10, 1 / 60], [20, 0])],
        firing: [12, 19],
        quiet: [9, 30],
        labels: shop,
      },
    ],
  },
  DatabaseLockWait: {
    severity: 'ticket',
    symptom: 'Requests stand in line for a lock that somebody keeps: each waits for the one before it.',
    measure: `max(max_over_time(${m.lockWait}[1m]))`,
    fires: '> 1',
    unit: 'seconds',
    for: ['1m', 'a migration may lock a table for moments'],
    keepFiringFor: ['2m', 'the line comes and goes with the traffic'],
    predicts: 'The slow request is not the guilty one: who waits for whom says which trace keeps the lock.',
    links: { ...board, logs: lines('still waiting for') },
    healthy: [gauge(m.lockWait, {}, [CALM, 0])],
    scenarios: [
      {
        name: 'somebody keeps a row for ten minutes',
        series: [gauge(m.lockWait, {}, [10, 0.1], [10, 3], [20, 0])],
        firing: [13, 19],
        quiet: [9, 10.75, 25],
        labels: {},
      },
    ],
  },
  DatabaseTransactionIdle: {
    severity: 'ticket',
    symptom:
      'A transaction is open and does nothing: its locks stop others, and nothing that died since it began can be vacuumed.',
    measure: `max(max_over_time(${m.idleTransaction}[1m]))`,
    fires: '> 10',
    unit: 'seconds',
    for: ['1m', 'a debugger, or a report between two questions'],
    keepFiringFor: ['2m', 'a leak opens the next one soon'],
    predicts:
      'The requests that suffer are others, later: those that want its locks, its connection, or a table without dead rows.',
    links: { ...board, logs: `{${LABELS.service}="${DATABASE}"}` },
    healthy: [gauge(m.idleTransaction, {}, [CALM, 0.02])],
    scenarios: [
      {
        name: 'a request forgets its transaction',
        series: [gauge(m.idleTransaction, {}, [10, 0.02], [10, 60], [20, 0])],
        firing: [13, 19],
        quiet: [9, 10.75, 25],
        labels: {},
      },
    ],
  },
  DatabaseConnectionsNearLimit: {
    severity: 'ticket',
    symptom: 'The database soon turns everybody away: nearly all connections that it has are taken.',
    measure: `${sum(m.sessions)} / max(${m.connectionMax})`,
    fires: '> 0.8',
    unit: 'share',
    for: ['1m', 'a restart of all services has both the old and the new ones connected'],
    keepFiringFor: ['2m', 'pools close what they do not need within that time'],
    predicts: 'Below the limit nothing is slower; at the limit everything fails at once.',
    links: { ...board, logs: lines('connection authorized') },
    healthy: [gauge(m.sessions, shop, [CALM, 12]), gauge(m.connectionMax, {}, [CALM, 50])],
    scenarios: [
      {
        name: 'a service scales out',
        series: [gauge(m.sessions, shop, [10, 12], [10, 43], [20, 12]), gauge(m.connectionMax, {}, [40, 50])],
        firing: [12, 19],
        quiet: [9, 10.75, 25],
        labels: {},
      },
    ],
  },
  DatabaseTransactionIdsNearLimit: {
    severity: 'ticket',
    symptom: 'In some days or weeks the database takes no more writes at all, to protect itself: its transaction ids run out.',
    measure: `max by (${database}) (${m.transactionIdAge}) / 2^31`,
    fires: '> 0.5',
    unit: 'share',
    for: ['10m', 'nothing about it is sudden'],
    keepFiringFor: ['10m', 'as slow is its end'],
    predicts: 'Autovacuum starts on it at a tenth of the way: that it got to half says that something holds it up.',
    links: board,
    healthy: [gauge(m.transactionIdAge, shop, [CALM, 5e7])],
    scenarios: [
      {
        name: 'a forgotten replication slot, and its end',
        series: [gauge(m.transactionIdAge, shop, [10, 5e7], [30, 1.2e9], [30, 5e7])],
        firing: [21, 39],
        quiet: [9, 19, 55],
        labels: shop,
      },
    ],
  },
  DatabaseDeadRows: {
    severity: 'ticket',
    symptom: `${label(table)} is mostly dead rows: each question to it reads more than it has to, and more with every hour.`,
    // A table of some hundred rows is rewritten in a blink: 10,000 rows beside the living keep it out.
    measure: `sum by (${table}) (${m.rows}{state="dead"}) / (sum by (${table}) (${m.rows}) + 10000)`,
    fires: '> 0.5',
    unit: 'share',
    for: ['1m', 'autovacuum looks once a minute'],
    keepFiringFor: ['2m', 'a vacuum under way counts only at its end'],
    predicts: 'It costs a little more each minute, so that no request is ever the first slow one.',
    links: board,
    healthy: [
      gauge(m.rows, { ...products, state: 'dead' }, [CALM, 300]),
      gauge(m.rows, { ...products, state: 'live' }, [CALM, 3000]),
    ],
    scenarios: [
      {
        name: 'nobody vacuums, then somebody does',
        series: [
          gauge(m.rows, { ...products, state: 'dead' }, [10, 300], [10, 60_000], [20, 0]),
          gauge(m.rows, { ...products, state: 'live' }, [40, 3000]),
        ],
        firing: [12, 19],
        quiet: [9, 10.75, 25],
        labels: products,
      },
    ],
  },
  DatabaseStatementSlower: {
    severity: 'ticket',
    symptom: `A statement of ${label(database)} takes five times as long as it did an hour ago, and a twentieth of a core or more in all.`,
    measure: `${mean('5m')} > 5 * (${mean('1h', ' offset 10m')}) and ${sum(rateOver('5m', m.time), database, statement)} > 0.05`,
    mayBeEmpty: 'only the statements that became slower have a value, and only with ten minutes of past',
    fires: '> 0',
    unit: 'seconds',
    for: ['1m', 'what it would take to be no single odd call'],
    keepFiringFor: ['5m', 'it goes on until the statistics, the index or the data are mended'],
    predicts: 'Which statement it is, and since when; the requests say only that the time is in the database.',
    links: { ...board, logs: lines('plan of') },
    healthy: [counter(m.time, of, [CALM, 0.02]), counter(m.calls, of, [CALM, 2])],
    scenarios: [
      {
        name: 'its plan changes, and is mended',
        series: [counter(m.time, of, [60, 0.02], [15, 1], [30, 0.02]), counter(m.calls, of, [105, 2])],
        firing: [66, 69],
        quiet: [59, 61, 95],
        labels: of,
      },
      {
        name: 'twice as slow is a busy hour',
        series: [counter(m.time, of, [60, 0.04], [15, 0.08], [30, 0.04]), counter(m.calls, of, [105, 2])],
        firing: [],
        quiet: [59, 66, 69, 95],
        labels: of,
      },
    ],
  },
  DatabaseReplicationLag: {
    severity: 'ticket',
    symptom: `${label(replica)} is far behind: readers of it see the past, and if it had to take over, the difference would be lost.`,
    measure: `max by (${replica}) (${m.replicationDelay})`,
    mayBeEmpty: 'this stack has one server and no replica',
    fires: `> ${64 * 2 ** 20}`,
    unit: 'count',
    for: ['2m', 'a large transaction arrives in one piece'],
    keepFiringFor: ['5m', 'it catches up in waves'],
    predicts: 'Nothing of it shows at the first server.',
    links: board,
    healthy: [gauge(m.replicationDelay, { [replica]: 'standby' }, [CALM, 4096])],
    scenarios: [
      {
        name: 'the replica stands still, then catches up',
        series: [gauge(m.replicationDelay, { [replica]: 'standby' }, [10, 0], [10, GIB], [20, 0])],
        firing: [13, 19],
        quiet: [9, 11, 27],
        labels: { [replica]: 'standby' },
      },
    ],
  },
  HostDiskNearlyFull: {
    severity: 'ticket',
    symptom: `${label(mountpoint)} is nearly full: the database, and everything else that writes there, is about to stop.`,
    measure: `sum by (${mountpoint}) (${m.hostFiles}{state="used"}) / sum by (${mountpoint}) (${m.hostFiles}{state=~"used|free"})`,
    fires: '> 0.9',
    unit: 'share',
    for: ['5m', 'a build or a backup comes and goes'],
    keepFiringFor: ['5m', 'around the threshold it would come and go'],
    predicts: 'A full disk stops everything at once, and what was written last is what is lost.',
    links: { dashboard: 'host' },
    healthy: [
      gauge(m.hostFiles, { mountpoint: '/', state: 'used' }, [CALM, 50 * GIB]),
      gauge(m.hostFiles, { mountpoint: '/', state: 'free' }, [CALM, 50 * GIB]),
    ],
    scenarios: [
      {
        name: 'a file grows, and is removed',
        series: [
          gauge(m.hostFiles, { mountpoint: '/', state: 'used' }, [10, 50 * GIB], [20, 95 * GIB], [20, 50 * GIB]),
          gauge(m.hostFiles, { mountpoint: '/', state: 'free' }, [10, 50 * GIB], [20, 5 * GIB], [20, 50 * GIB]),
        ],
        firing: [16, 29],
        quiet: [9, 14, 37],
        labels: { mountpoint: '/' },
      },
    ],
  },
} as const satisfies Record<string, Alert>;
