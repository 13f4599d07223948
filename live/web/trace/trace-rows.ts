/** Which rows of a trace are shown, and finding among them. */
import { readAttributes } from '../api/request.ts';
import { FLAGS, has, KINDS, spanId, type Trace } from './trace-model.ts';

/** Rows from top to bottom, without those below a collapsed one. */
export function visibleRows(trace: Trace, collapsed: ReadonlySet<number>): Int32Array {
  if (collapsed.size === 0) return trace.order;
  const rows = new Int32Array(trace.count);
  let shown = 0;
  for (let at = 0; at < trace.count; at++) {
    const row = trace.order[at] ?? 0;
    rows[shown++] = row;
    if (collapsed.has(row)) at += trace.descendants[row] ?? 0;
  }
  return rows.subarray(0, shown);
}

/** The same set without the rows above `row`: opens what hides it. */
export function reveal(trace: Trace, collapsed: ReadonlySet<number>, row: number): ReadonlySet<number> {
  const open = new Set(collapsed);
  for (let above = trace.parent[row] ?? -1; above >= 0; above = trace.parent[above] ?? -1) open.delete(above);
  return open.size === collapsed.size ? collapsed : open;
}

/** A find's words in lower case, and its `key=value` terms (with double quotes around values with spaces). */
export function readFind(query: string): { words: string[]; attributes: string[] } {
  const { attributes, wrong } = readAttributes(query);
  return { words: wrong.map((word) => word.toLowerCase()), attributes };
}

/**
 * Rows in shown order whose service, operation, kind or id contains every word, upper and lower case alike. `is:error`, `is:orphan`, `is:skewed`
 * and `is:cycle` find by what a span is; `>12` finds spans longer than 12 ms. Nothing for an empty query.
 * @param within the rows that the query's `key=value` terms match, undefined where it has none
 */
export function findSpans(trace: Trace, words: readonly string[], within?: ReadonlySet<number>): Int32Array {
  if (words.length === 0 && within === undefined) return new Int32Array(0);
  const tests = words.map((word) => testOf(trace, word));
  return trace.order.filter((row) => (within === undefined || within.has(row)) && tests.every((test) => test(row)));
}

function testOf(trace: Trace, word: string): (row: number) => boolean {
  const flag = /^is:(error|orphan|skewed|cycle)$/.exec(word)?.[1];
  if (flag) return (row) => has(trace, row, FLAGS[flag as keyof typeof FLAGS]);
  const longer = /^>(\d+(?:\.\d+)?)(?:ms)?$/.exec(word)?.[1];
  if (longer) return (row) => (trace.duration[row] ?? 0) > Number(longer);
  // The dictionaries are searched, not the spans.
  const services = trace.services.map((name) => name.toLowerCase().includes(word));
  const operations = trace.operations.map((name) => name.toLowerCase().includes(word));
  const kinds = KINDS.map((name) => name === word);
  const isId = /^[0-9a-f]{4,16}$/.test(word);
  return (row) =>
    services[trace.service[row] ?? 0] === true ||
    operations[trace.operation[row] ?? 0] === true ||
    kinds[trace.kind[row] ?? 0] === true ||
    (isId && spanId(trace, row).startsWith(word));
}

/** The match after (or before) a row in shown order, around the end; -1 without matches. */
export function nextMatch(trace: Trace, matches: Int32Array, from: number, backwards: boolean): number {
  if (matches.length === 0) return -1;
  const at = from < 0 ? -1 : (trace.position[from] ?? -1);
  const positions = (row: number) => trace.position[row] ?? 0;
  if (backwards) {
    const before = matches.findLast((row) => positions(row) < at);
    return before ?? matches[matches.length - 1] ?? -1;
  }
  return matches.find((row) => positions(row) > at) ?? matches[0] ?? -1;
}
