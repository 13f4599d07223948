/** One line of PostgreSQL's jsonlog as it may be stored: literals and personal data masked, its trace and its plan found. */
import { redact } from '../telemetry/redact.ts';
import { fingerprint, maskLiterals, type TraceContext, traceContext } from './sql-text.ts';

/** What the server writes (see "JSON-Format Log Output" in its documentation); the fields that are read. */
interface Written {
  timestamp?: string;
  pid?: number;
  user?: string;
  dbname?: string;
  error_severity?: string;
  state_code?: string;
  message?: string;
  detail?: string;
  hint?: string;
  context?: string;
  statement?: string;
  query_id?: string;
  application_name?: string;
  backend_type?: string;
}

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

interface Plan {
  /** As auto_explain writes it, literals masked. */
  plan: unknown;
  text: string;
  fingerprint: string;
}

export interface LogLine {
  time: Date;
  level: Level;
  message: string;
  /** What is known of it beyond the message; no field without a value. */
  fields: Record<string, string | number>;
  trace?: TraceContext | undefined;
  /** Milliseconds, of a line that tells of a slow statement. */
  duration?: number | undefined;
  plan?: Plan | undefined;
}

const LEVELS: Record<string, Level> = {
  NOTICE: 'info',
  INFO: 'info',
  LOG: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  FATAL: 'error',
  PANIC: 'fatal',
};

/** @returns undefined for what is no line of jsonlog */
export function readLogLine(line: string): LogLine | undefined {
  let written: Written;
  try {
    // Ids have 64 bits, a number of JSON.parse has 53.
    written = JSON.parse(line.replace(/("query_id":)(-?\d+)/, '$1"$2"')) as Written;
  } catch {
    return undefined;
  }
  const { message, timestamp } = written;
  if (typeof message !== 'string' || typeof timestamp !== 'string') return undefined;
  const [, duration, kind, rest = ''] = /^duration: ([\d.]+) ms {2}(plan:|\w[^:]*:)\s*([\s\S]*)$/.exec(message) ?? [];
  const sql = kind === 'plan:' ? queryText(rest) : (written.statement ?? (kind ? rest : ''));
  const plan = kind === 'plan:' ? readPlan(rest) : undefined;
  return {
    time: readTime(timestamp),
    level: LEVELS[written.error_severity ?? ''] ?? 'debug',
    message: redact(shown(message, { duration, kind, rest, plan })),
    trace: traceContext(sql),
    duration: duration ? Number(duration) : undefined,
    plan,
    fields: defined({
      'db.namespace': written.dbname,
      'user.name': written.user,
      'postgresql.application_name': written.application_name,
      'postgresql.backend_type': written.backend_type,
      'postgresql.pid': written.pid,
      'postgresql.query_id': written.query_id === '0' ? undefined : written.query_id,
      'postgresql.query_fingerprint': sql ? fingerprint(sql) : undefined,
      'db.query.text': sql ? redact(maskLiterals(sql)) : undefined,
      'db.response.status_code': written.state_code === '00000' ? undefined : written.state_code,
      'postgresql.detail': written.detail && redact(maskDetail(written.detail)),
      'postgresql.hint': written.hint,
      'postgresql.context': written.context && redact(maskDetail(written.context)),
    }),
  };
}

/** `2026-11-26 02:20:00.123 UTC`, in the server's time zone: log_timezone is to be UTC or to stand as an abbreviation that Date knows. */
function readTime(timestamp: string): Date {
  const time = new Date(timestamp.replace(' ', 'T').replace(/ (?:UTC|GMT|Etc\/UTC)$/, 'Z'));
  return Number.isNaN(time.getTime()) ? new Date() : time;
}

function shown(
  message: string,
  { duration, kind, rest, plan }: { duration?: string; kind?: string; rest: string; plan?: Plan | undefined },
) {
  if (plan) return `duration: ${duration} ms, plan of: ${plan.text}`;
  if (kind) return `duration: ${duration} ms, ${kind} ${maskLiterals(rest)}`;
  // invalid input syntax for type integer: "secret"
  return message.replace(/: "[\s\S]*"$/, ': ?');
}

/** Values of rows and keys, and the statements that a deadlock or a function names. */
function maskDetail(detail: string): string {
  return detail
    .replace(/\)=\((?:[^()]|\([^()]*\))*\)/g, ')=(?)')
    .replace(/(row contains )\([\s\S]*\)/g, '$1(?)')
    .replace(/^(Process \d+: )([\s\S]*?)$/gm, (_, head: string, sql: string) => head + maskLiterals(sql))
    .replace(/(SQL statement )"([\s\S]*)"/g, (_, head: string, sql: string) => `${head}"${maskLiterals(sql)}"`)
    .replace(/(parameters: )[\s\S]*$/i, '$1?');
}

function queryText(json: string): string {
  return parsePlan(json)?.['Query Text'] ?? '';
}

function parsePlan(json: string): { 'Query Text'?: string; Plan?: unknown } | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function readPlan(json: string): Plan | undefined {
  const parsed = parsePlan(json);
  if (!parsed?.Plan) return undefined;
  const sql = parsed['Query Text'] ?? '';
  return { plan: maskPlan(parsed.Plan), text: redact(maskLiterals(sql)), fingerprint: fingerprint(sql) };
}

/** Conditions hold literals, and so do the sort keys and outputs that are expressions; names and kinds of nodes do not. */
const NAMES =
  /^(Node Type|Relation Name|Alias|Index Name|Schema|Join Type|Strategy|Parent Relationship|.*Method|.*Type|Operation|Command|CTE Name|Subplan Name|Partial Mode|Scan Direction)$/;

function maskPlan(node: unknown, key = ''): unknown {
  if (typeof node === 'string') return NAMES.test(key) ? node : redact(maskLiterals(node));
  if (Array.isArray(node)) return node.map((one) => maskPlan(one, key));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, maskPlan(value, name)]));
}

function defined(fields: Record<string, string | number | undefined>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as Record<
    string,
    string | number
  >;
}
