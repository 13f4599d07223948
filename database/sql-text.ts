/** Statements as text: without literals, without comments, and the trace that a comment names. */

/** Longest text that is kept of a statement, in characters; the rest is counted, not kept. */
export const MAX_TEXT = 8192;

/**
 * What has to be told apart in SQL: strings ('' doubles a quote, E'' knows backslashes, $tag$ quotes), quoted names, comments, parameters, numbers.
 * A string or comment that the server has cut off (`track_activity_query_size`) reaches to the end.
 */
const TOKEN =
  /(?<string>\b[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(?:\b(?:[uU]&|[bBxX]))?'(?:[^']|'')*(?:'|$)|\$(?<tag>[A-Za-z_]\w*|)\$[\s\S]*?(?:\$\k<tag>\$|$))|(?<name>"(?:[^"]|"")*(?:"|$))|(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<parameter>\$\d+)|(?<number>(?<![\w.])(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\b)/g;

type Groups = Record<'string' | 'tag' | 'name' | 'comment' | 'parameter' | 'number', string | undefined>;

function rewrite(sql: string, parameters: 'keep' | 'mask'): string {
  return sql.replace(TOKEN, (...args) => {
    const groups = args.at(-1) as Groups;
    if (groups.comment !== undefined) return ' ';
    if (groups.name !== undefined || (groups.parameter !== undefined && parameters === 'keep')) return args[0] as string;
    return '?';
  });
}

const cut = (text: string) =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} [${text.length - MAX_TEXT} characters more]` : text;

/** A statement as it may be stored: literals are `?`, comments are gone, line breaks stay; at most MAX_TEXT characters. */
export const maskLiterals = (sql: string): string => cut(rewrite(sql.slice(0, MAX_TEXT * 8), 'keep').trim());

/**
 * What statements have in common that differ in literals, parameters, the length of a list of them, comments and white space: the same for the text in
 * pg_stat_statements and for the text in a span's `db.query.text`.
 */
export function fingerprint(sql: string): string {
  const masked = rewrite(sql.slice(0, MAX_TEXT * 8), 'mask')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/;$/, '');
  return masked.replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?)').slice(0, MAX_TEXT);
}

export interface TraceContext {
  traceId: string;
  spanId: string;
  /** Whether the trace is recorded (the W3C sampled flag). */
  sampled: boolean;
}

/** The trace that a statement's comment names (sqlcommenter's `traceparent`, W3C trace context); undefined where it names none. */
export function traceContext(sql: string): TraceContext | undefined {
  const [, traceId, spanId, flags] = /traceparent='00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})'/.exec(sql) ?? [];
  if (!traceId || !spanId || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 };
}
