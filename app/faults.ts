import type { AlertName } from '../monitoring/alerts.ts';
import { COMPONENT_METRICS } from '../monitoring/names/component-metrics.ts';
import { DATABASE, LABELS, METRICS, type Service } from '../telemetry/signals.ts';

/** A fault that can be switched on in a running shop, to see what telemetry shows of it. */
export interface Fault {
  /** The service it acts in. */
  service: Service;
  /** What it does there. */
  acts: string;
  /** What one should see. */
  see: string;
  /** The signal that shows it first, and what to ask its store for: there is an answer once the fault shows, and none before. */
  signal: FaultSignal;
  /** The panel to look at: a dashboard's uid and the panel's title. */
  place: { dashboard: 'shop' | 'service' | 'database'; panel: string };
  /** What fires while it is on, under the steady load. */
  alerts: readonly AlertName[];
  /** What may fire besides, depending on the load and on the past. */
  mayAlert: readonly AlertName[];
}

/** Spans of the service, a PromQL expression, or a LogQL selector of lines. */
type FaultSignal =
  | { of: 'traces'; failed: true }
  | { of: 'traces'; slowerThanSeconds: number }
  | { of: 'metrics'; query: string }
  | { of: 'logs'; query: string };

const { service } = LABELS;
const of = (metric: string, name: Service) => `${metric}{${service}="${name}"}`;

/**
 * To add one: a row here, and `faults.on('name')` (or `faults.during`) at the place where it acts. Each ends by itself after FAULT_MINUTES
 * (fault-switch.ts), takes a bounded share of the machine, and leaves nothing behind.
 */
export const FAULTS = {
  'payment-errors': {
    service: 'payments',
    acts: 'POST /charges answers 502 for every second order, whatever the number of attempts',
    see: 'error ratio of payments, orders and storefront; failed traces whose deepest red span is in payments; orders pending, then cancelled',
    signal: { of: 'traces', failed: true },
    place: { dashboard: 'service', panel: 'Failed traces' },
    alerts: ['ServiceErrors', 'CheckoutFailing'],
    mayAlert: [],
  },
  'payment-latency': {
    service: 'payments',
    acts: 'POST /charges takes 1.5 s longer',
    see: 'p95 and p99 of POST /api/checkout above 1.5 s; in its trace, self time in payments and none in its SQL',
    signal: { of: 'traces', slowerThanSeconds: 1.5 },
    place: { dashboard: 'service', panel: 'Slow traces' },
    alerts: ['ServiceSlow', 'CheckoutSlow'],
    mayAlert: ['LatencyUnusual'],
  },
  'slow-query': {
    service: 'inventory',
    acts: 'the product search ranks every product by a hash computed 150 times, instead of by name',
    see: 'p95 of GET /api/products up; in its trace one long SQL span of inventory; CPU of postgres',
    signal: { of: 'traces', slowerThanSeconds: 0.25 },
    place: { dashboard: 'service', panel: 'Slow traces' },
    alerts: ['ServiceSlow'],
    mayAlert: ['BrowsingSlow', 'LatencyUnusual', 'CheckoutSlow', 'DatabasePoolExhausted', 'DatabaseStatementSlower'],
  },
  'event-loop-block': {
    service: 'storefront',
    acts: 'computes for 200 ms twice a second, and answers nobody meanwhile',
    see: 'event loop lag of storefront near 0.2 s; k6 and the browser see requests slower than storefront measures them; spans that start late for no reason in the trace',
    signal: { of: 'metrics', query: `${of(COMPONENT_METRICS.eventLoopLag, 'storefront')} > 0.1` },
    place: { dashboard: 'service', panel: 'Event loop lag, p99' },
    alerts: ['EventLoopBlocked'],
    mayAlert: ['ServiceSlow', 'BrowsingSlow', 'CheckoutSlow', 'LatencyUnusual'],
  },
  'pool-exhaustion': {
    service: 'inventory',
    acts: "takes all connections of the pool for 1.5 s at a time, as a report in the request's own pool would",
    see: 'requests of inventory that wait for a connection; in their traces time before the SQL span, which itself is short',
    signal: { of: 'metrics', query: `${of(METRICS.poolWaiting.name, 'inventory')} > 1` },
    place: { dashboard: 'service', panel: 'Waiting for a connection' },
    alerts: ['DatabasePoolExhausted', 'ServiceSlow'],
    mayAlert: ['BrowsingSlow', 'CheckoutSlow', 'LatencyUnusual', 'ServiceErrors', 'CheckoutFailing'],
  },
  'memory-leak': {
    service: 'payments',
    acts: 'keeps 8 MiB more each second, up to nine tenths of the memory limit of its container, and holds it there',
    see: 'resident memory of payments climbs to a line just below its limit; its heap does not: the memory is in buffers',
    signal: { of: 'metrics', query: `${of(COMPONENT_METRICS.residentMemory, 'payments')} > ${180 * 2 ** 20}` },
    place: { dashboard: 'service', panel: 'Memory against its limit' },
    alerts: ['MemoryNearLimit'],
    mayAlert: [],
  },
  'log-storm': {
    service: 'inventory',
    acts: 'writes 400 lines a second that nobody needs',
    see: 'log lines of inventory a hundredfold, the same text over and over; the lines of requests drown in them',
    signal: { of: 'logs', query: `{${service}="inventory"} |= "cache entry checked"` },
    place: { dashboard: 'service', panel: 'Log lines a request' },
    alerts: ['LogStorm'],
    mayAlert: [],
  },
  'bad-deploy': {
    service: 'orders',
    acts: 'starts again as another service.version, which throws a TypeError at every second order; its end starts the version before',
    see: 'a new version of orders, and errors from that moment on; failed traces with service.version in their resource; the stack trace in the log',
    signal: { of: 'metrics', query: `${METRICS.targetInfo.name}{${service}="orders", ${LABELS.version}=~".+-bad"}` },
    place: { dashboard: 'service', panel: 'Version' },
    alerts: ['ServiceErrors', 'CheckoutFailing'],
    mayAlert: [],
  },
  'dependency-down': {
    service: 'inventory',
    acts: 'cuts every connection to its public port, while its metrics go on: as a machine behind a broken network',
    see: 'storefront and orders answer 503 and name inventory; calls without a status on the panel of calls; no span of inventory in failed traces',
    signal: { of: 'logs', query: `{${service}="storefront", level="error"} |= "inventory does not answer"` },
    place: { dashboard: 'service', panel: 'Calls that failed' },
    // Whoever sees no products makes no order: of checkouts that fail there may be none.
    alerts: ['ServiceErrors', 'BrowsingFailing'],
    mayAlert: ['CheckoutFailing', 'RateUnusual', 'LatencyUnusual'],
  },
  'lock-contention': {
    service: 'inventory',
    acts: 'every reservation first locks the same row, and keeps it for 2.5 s, as if it waited for a supplier with its transaction open',
    see: 'reservations that wait for a lock, each behind the one before; in the trace a long SQL span that does nothing; who waits for whom, with both traces',
    signal: { of: 'logs', query: `{${service}="${DATABASE}"} |= "still waiting for"` },
    place: { dashboard: 'database', panel: 'Waiting for a lock' },
    alerts: ['DatabaseLockWait', 'ServiceSlow', 'ServiceErrors', 'CheckoutFailing'],
    mayAlert: ['CheckoutSlow', 'LatencyUnusual', 'DatabasePoolExhausted', 'DatabaseTransactionIdle'],
  },
  deadlock: {
    service: 'inventory',
    acts: 'a reservation locks two rows, every second one in the other order, 0.4 s apart',
    see: 'two reservations that wait for each other, until PostgreSQL fails one: its order stays pending, and the log has both statements',
    signal: { of: 'logs', query: `{${service}="${DATABASE}", level="error"} |= "deadlock detected"` },
    place: { dashboard: 'database', panel: 'Deadlocks' },
    alerts: ['DatabaseDeadlock'],
    mayAlert: ['DatabaseLockWait', 'ServiceSlow', 'ServiceErrors', 'CheckoutSlow', 'CheckoutFailing', 'LatencyUnusual'],
  },
  'missing-index': {
    service: 'orders',
    acts: 'each order looks for its customer in half a million events, which no index has by customer',
    see: 'one statement that reads half a million rows to find none; in its plan a sequential scan; a table read from end to end with each order',
    signal: { of: 'traces', slowerThanSeconds: 0.1 },
    place: { dashboard: 'database', panel: 'Rows read by sequential scans' },
    alerts: [],
    mayAlert: ['ServiceSlow', 'CheckoutSlow', 'LatencyUnusual'],
  },
  'n-plus-one': {
    service: 'inventory',
    acts: 'the product search asks for each product of the page once more, one by one',
    see: 'twelve short SQL spans in a row in the trace of GET /api/products; calls of one statement twelvefold, its mean unchanged',
    signal: { of: 'logs', query: `{${service}="inventory"} |= "products read one by one"` },
    place: { dashboard: 'database', panel: 'Calls, dearest statements' },
    alerts: [],
    mayAlert: ['LatencyUnusual'],
  },
  'idle-in-transaction': {
    service: 'inventory',
    acts: 'a look at a product leaves its transaction open for 20 s, two at a time',
    see: 'sessions idle in transaction, whose last statement names the trace that left them; reservations of the same product wait for them',
    signal: { of: 'metrics', query: 'postgresql_transaction_idle_age_seconds > 5' },
    place: { dashboard: 'database', panel: 'Oldest transactions' },
    alerts: ['DatabaseTransactionIdle'],
    mayAlert: ['DatabaseLockWait', 'ServiceSlow', 'ServiceErrors', 'CheckoutSlow', 'CheckoutFailing', 'LatencyUnusual'],
  },
  'connection-storm': {
    service: 'inventory',
    acts: 'opens connections beside its pool until 85 % of those that the server has are taken',
    see: 'connections near their limit, nearly all idle, all of one application; whoever needs more than are left is refused',
    signal: { of: 'metrics', query: 'sum(postgresql_session_count) / max(postgresql_connection_max) > 0.8' },
    place: { dashboard: 'database', panel: 'Connections' },
    alerts: ['DatabaseConnectionsNearLimit'],
    mayAlert: ['ServiceErrors'],
  },
  'table-bloat': {
    service: 'inventory',
    acts: 'a look at a product counts it in all 3,000 rows of a table that nobody vacuums, 200 times at most',
    see: 'dead rows by the thousand, a table that grows without having more in it, an UPDATE of 3,000 rows that was meant for one',
    signal: { of: 'metrics', query: 'sum(postgresql_rows{state="dead"}) > 20000' },
    place: { dashboard: 'database', panel: 'Dead rows' },
    alerts: ['DatabaseDeadRows'],
    mayAlert: ['LatencyUnusual'],
  },
  'bad-plan': {
    service: 'orders',
    acts: 'each order joins sales of one kind, of which the planner, by statistics from before there were any, expects one row and gets 2,500',
    see: 'one statement of half a second; its plan loops 2,500 times where one row was estimated',
    signal: { of: 'logs', query: `{${service}="${DATABASE}"} |= "plan of" |= "sales AS a"` },
    place: { dashboard: 'database', panel: 'Time, dearest statements' },
    alerts: [],
    mayAlert: ['ServiceSlow', 'CheckoutSlow', 'LatencyUnusual', 'DatabasePoolExhausted', 'DatabaseStatementSlower'],
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}
