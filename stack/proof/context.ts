import { ATTRIBUTES, CHECKOUT_EDGES, DATABASE } from '../../telemetry/signals.ts';
import { type Addresses, addresses } from '../compose/addresses.ts';
import type { Span } from './answers.ts';
import { type Probe, probe } from './probe.ts';
import { rehearseDatabase } from './rehearsal.ts';
import { type Stores, stores, until } from './stores.ts';
import { type Visit, visit } from './visit.ts';

/** What the checks share: one checkout, made once, and what was found of it. */
export interface Context {
  at: Addresses;
  stores: Stores;
  /** When the run began, in Unix milliseconds. */
  began: number;
  /** The run's own checkout; made at the first call, and made again if that failed. */
  probe(): Promise<Probe>;
  /** The run's own visit of the page, the same way. */
  visit(): Promise<Visit>;
  /** A slow statement in the checkout's trace, and the search's trace waiting for its lock: happened. */
  rehearsal(): Promise<void>;
  /** Seconds from the checkout's answer until each signal could be queried. */
  visible: Partial<Record<'trace' | 'log' | 'metric', number>>;
}

export function createContext(at = addresses()): Context {
  const context: Context = {
    at,
    stores: stores(at),
    began: Date.now(),
    visible: {},
    probe: once(() => probe(at.storefront)),
    visit: once(() => visit(at.storefront)),
    rehearsal: once(async () => {
      const { traceId, searchTraceId, canaries } = await context.probe();
      await rehearseDatabase(traceId, searchTraceId, canaries.email);
    }),
  };
  return context;
}

/** Makes it at the first call, and again after one that failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    made.catch(() => {
      made = undefined;
    });
    return made;
  };
}

export interface TraceShape {
  services: string[];
  /** `client -> server`, the database by its system's name. */
  edges: string[];
  /** SQL spans by service. */
  sql: Record<string, number>;
}

/** Which services a trace touches, who calls whom in it, and who ran SQL. */
function shapeOf(spans: Span[]): TraceShape {
  const byId = new Map(spans.map((span) => [span.spanID, span]));
  const edges = new Set<string>();
  const sql: Record<string, number> = {};
  for (const span of spans) {
    const caller = span.parent && byId.get(span.parent);
    if (caller && caller.service !== span.service) edges.add(`${caller.service} -> ${span.service}`);
    if (span.tags[ATTRIBUTES.dbSystem] === DATABASE && span.tags[ATTRIBUTES.query]) {
      edges.add(`${span.service} -> ${DATABASE}`);
      sql[span.service] = (sql[span.service] ?? 0) + 1;
    }
  }
  return { services: [...new Set(spans.map(({ service }) => service))].sort(), edges: [...edges].sort(), sql };
}

/** Waits until Jaeger has the whole trace of the checkout: every service, every edge, and SQL. Throws what is missing. */
export async function wholeTrace({ stores }: Context, traceId: string, seconds: number): Promise<TraceShape & { spans: number }> {
  const expected = CHECKOUT_EDGES.map(([client, server]) => `${client} -> ${server}`);
  let missing = expected;
  let count = 0;
  return until(
    seconds,
    () =>
      count === 0 ? `jaeger: no trace ${traceId}` : `jaeger: trace ${traceId} has ${count} spans and lacks ${missing.join(', ')}`,
    async () => {
      const spans = await stores.trace(traceId);
      const shape = shapeOf(spans);
      count = spans.length;
      missing = expected.filter((edge) => !shape.edges.includes(edge));
      return missing.length === 0 ? { ...shape, spans: count } : undefined;
    },
  );
}
