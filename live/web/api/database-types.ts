/** Answers of `/api/database`, as live/openapi.yml writes them. Times are milliseconds since 1970, durations milliseconds. */

export interface Statement {
  /** '' for the sum of all that the watcher does not name. */
  queryId: string;
  database: string;
  /** '' where it is not held. */
  text: string;
  calls: number;
  timeMs: number;
  planMs: number;
  rows: number;
  blocksRead: number;
  blocksHit: number;
  blocksTemporary: number;
  walBytes: number;
  meanMs: number;
  /** Of all statements' time, 0 to 1. */
  share: number;
  /** In the interval before; null where that is not held. */
  before: { calls: number; timeMs: number; meanMs: number } | null;
}

export interface StatementList {
  fromMs: number;
  toMs: number;
  before: { fromMs: number; toMs: number } | null;
  total: { calls: number; timeMs: number };
  statements: Statement[];
  next: string | null;
}

interface PlanNode {
  depth: number;
  type: string;
  on: string;
  condition: string;
  /** Rows of one run; the actual ones null where the server did not count. */
  estimatedRows: number;
  actualRows: number | null;
  removedRows: number;
  runs: number | null;
  cost: number;
  selfMs: number | null;
  expensive: boolean;
}

export interface Plan {
  queryId: string;
  seen: number;
  firstMs: number;
  lastMs: number;
  durationMs: number;
  traceId: string;
  spanId: string;
  nodes: PlanNode[];
  truncated: boolean;
}

export interface Callers {
  spans: number;
  errors: number;
  lookedAt: number;
  callers: { service: string; operation: string; calls: number; errors: number; totalMs: number }[];
  examples: { traceId: string; spanId: string; service: string; startMs: number; durationMs: number; failed: boolean }[];
}

export interface StatementDetails {
  fromMs: number;
  toMs: number;
  queryId: string;
  text: string;
  databases: Statement[];
  history: { timesMs: number[]; stepMs: number; calls: number[]; timeMs: number[] };
  waits: { waitEventType: string; waitEvent: string; samples: number; share: number }[];
  plans: Plan[];
  callers: Callers;
}

export interface DatabaseSession {
  timeMs: number;
  pid: number;
  database: string;
  application: string;
  state: string;
  waitEventType: string;
  waitEvent: string;
  queryId: string;
  text: string;
  runningMs: number;
  transactionMs: number;
  stateMs: number;
  traceId: string;
  spanId: string;
}

export interface SessionHistory {
  fromMs: number;
  toMs: number;
  samples: number;
  idle: number;
  timesMs: number[];
  stepMs: number;
  series: { state: string; waitEventType: string; waitEvent: string; values: (number | null)[] }[];
  sessions: DatabaseSession[];
}

export interface Waiting {
  fromMs: number;
  toMs: number;
  session: DatabaseSession;
  waitedMs: number;
  waiting: Waiting[];
}

/** A session that held up others. */
export interface Blocking extends Waiting {
  /** Whether somebody waits for it in the last sample. */
  now: boolean;
  sessions: number;
}

export interface Table {
  schema: string;
  name: string;
  bytes: number;
  liveRows: number;
  deadRows: number;
  sequentialScans: number;
  vacuumAgeSeconds: number | null;
  analyzeAgeSeconds: number | null;
  indexes: { name: string; scans: number; bytes: number; unique: boolean }[];
  findings: { kind: string; sentence: string; mend: string; queryId: string }[];
}
