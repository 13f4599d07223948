/** What the stream may carry: tables and their columns, views and what they take, messages. No import, as frame-layout.ts, which hands it on. */
export const MAX_HZ = 60;
/** A timer is never quite on time: what is due within half a tick is due, or 60 Hz would become 30. */
export const HALF_TICK_MS = 500 / MAX_HZ;
export const MAX_UNACKED_FRAMES = 2;

/** Column kinds: `number` is f64, `count` is u32, `string` is an index into the section's strings. */
export type ColumnKind = 'number' | 'count' | 'string';

const NOTABLE_TRACE = {
  startMs: 'number',
  durationMs: 'number',
  errors: 'count',
  traceId: 'string',
  service: 'string',
  operation: 'string',
} as const;

/**
 * Every table a section may carry. Rates are per second over the view's window, `errorRate` is 0 to 1, quantiles are milliseconds (NaN where the
 * window holds nothing), times are milliseconds since 1970 (`second`: seconds), ids are lower-case hex ('' for none).
 */
export const TABLES = {
  /** One row per service. `inFlight` is the mean number of requests under way (the sum of durations over the window: Little's law). */
  services: {
    id: 1,
    columns: {
      requests: 'number',
      rate: 'number',
      errorRate: 'number',
      p50Ms: 'number',
      p90Ms: 'number',
      p99Ms: 'number',
      inFlight: 'number',
      spanRate: 'number',
      logRate: 'number',
      service: 'string',
    },
  },
  /** The last 10 seconds of each service, the running one included; late spans still change them. */
  slots: {
    id: 2,
    columns: { second: 'number', p50Ms: 'number', p99Ms: 'number', requests: 'count', errors: 'count', service: 'string' },
  },
  operations: {
    id: 3,
    columns: {
      rate: 'number',
      errorRate: 'number',
      p50Ms: 'number',
      p90Ms: 'number',
      p99Ms: 'number',
      service: 'string',
      operation: 'string',
      kind: 'string',
    },
  },
  /** `type` is service, database, messaging or user. */
  nodes: { id: 4, columns: { rate: 'number', errorRate: 'number', node: 'string', type: 'string' } },
  edges: {
    id: 5,
    columns: {
      calls: 'number',
      rate: 'number',
      errorRate: 'number',
      p50Ms: 'number',
      p99Ms: 'number',
      client: 'string',
      server: 'string',
    },
  },
  slowest: {
    id: 6,
    columns: NOTABLE_TRACE,
  },
  failed: {
    id: 7,
    columns: NOTABLE_TRACE,
  },
  /** Error groups of logs, the latest first. `id` names the group in /api/errors. */
  errors: {
    id: 8,
    columns: {
      firstMs: 'number',
      lastMs: 'number',
      count: 'count',
      id: 'string',
      service: 'string',
      type: 'string',
      template: 'string',
      traceId: 'string',
      spanId: 'string',
    },
  },
  logs: {
    id: 9,
    columns: {
      timeMs: 'number',
      severity: 'count',
      service: 'string',
      level: 'string',
      body: 'string',
      traceId: 'string',
      spanId: 'string',
    },
  },
  /** Newest value of each series of one metric; a histogram's value is its mean. `series` is `key=value, ...`. */
  metric: { id: 10, columns: { timeMs: 'number', value: 'number', service: 'string', series: 'string' } },
  /** received = held + evicted + rejected + duplicate, in each row. */
  ledger: {
    id: 11,
    columns: {
      received: 'number',
      held: 'number',
      evicted: 'number',
      rejected: 'number',
      duplicate: 'number',
      signal: 'string',
      key: 'string',
    },
  },
  /** Names and values of the server's own state: see HEALTH. */
  health: { id: 12, columns: { value: 'number', name: 'string' } },
} as const satisfies Record<string, { id: number; columns: Record<string, ColumnKind> }>;

/** Names in the `health` table. Lag is the event loop's, over the last 10 s. */
export const HEALTH = [
  'uptimeSeconds',
  'rssBytes',
  'heapBytes',
  'storeBytes',
  'storeCapBytes',
  'derivedBytes',
  'spansPerSecond',
  'pointsPerSecond',
  'logsPerSecond',
  'bytesPerSecond',
  'lagP50Ms',
  'lagP99Ms',
  'lagMaxMs',
  'frameP50Ms',
  'frameP99Ms',
  'clients',
  'framesSkipped',
] as const;

export type TableName = keyof typeof TABLES;

/** What a client may subscribe to, and the tables each view brings. `window` is seconds (1 to 120, else 60); empty filters match all. */
export const VIEWS = {
  services: { tables: ['services', 'slots'], params: ['window'], maxHz: 60 },
  operations: { tables: ['operations'], params: ['window', 'service'], maxHz: 4 },
  topology: { tables: ['nodes', 'edges'], params: ['window'], maxHz: 20 },
  notable: { tables: ['slowest', 'failed'], params: ['service'], maxHz: 10 },
  errors: { tables: ['errors'], params: ['service'], maxHz: 10 },
  logs: { tables: ['logs'], params: ['text', 'level', 'service', 'traceId'], maxHz: 60 },
  metric: { tables: ['metric'], params: ['name', 'service'], maxHz: 4 },
  health: { tables: ['ledger', 'health'], params: [], maxHz: 4 },
} as const satisfies Record<string, { tables: readonly TableName[]; params: readonly string[]; maxHz: number }>;
export type ViewName = keyof typeof VIEWS;

/** One view as the client asks for it. `level` is the lowest level wanted: trace, debug, info, warn, error, fatal. */
export interface ViewRequest {
  view: ViewName;
  window?: number;
  service?: string;
  text?: string;
  level?: string;
  traceId?: string;
  name?: string;
}

/** Messages of the client and the text messages of the server. */
export type ClientMessage = { subscribe: ViewRequest[]; hz?: number } | { ack: number };
export type ServerMessage =
  | { subscribed: (ViewRequest & { id: number })[]; hz: number }
  | { error: { code: string; message: string } }
  | { frame: JsonFrame };

/** The JSON form of a frame: the same tables with plain arrays; `string` columns hold the strings, numbers that are NaN are null. */
export interface JsonFrame {
  sequence: number;
  timeMs: number;
  skipped: number;
  encodeMs: number;
  sections: {
    table: TableName;
    view: number;
    rows: number;
    first: number;
    columns: Record<string, (number | string | null)[]>;
  }[];
}
