/** What is wrong with a table or an index. Where a bound is not PostgreSQL's own default, it is a rule of thumb and stands here alone. */
import type { Plan, PlanNode } from './plans.ts';
import type { Finding, Index, Table } from './table.ts';

/** Rows that are dead: autovacuum begins at 50 and a fifth of the table (autovacuum_vacuum_threshold and _scale_factor). */
const DEAD_SHARE = 0.2;
const DEAD_LEAST = 500;
/** Rows changed since they were counted: autovacuum counts anew at 50 and a tenth (autovacuum_analyze_threshold and _scale_factor). */
const MODIFIED_SHARE = 0.1;
const MODIFIED_LEAST = 500;
/** Below so many rows of one scan a table is rightly read whole. */
const SCAN_ROWS = 10_000;
/** An index of fewer bytes costs nothing that is worth a word. */
const INDEX_BYTES = 64 * 1024;

const count = (value: number): string => Math.round(value).toLocaleString('en');
const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
const fullName = (schema: string, name: string): string => `${quoted(schema)}.${quoted(name)}`;

export function tableFindings(table: Table, plans: readonly Plan[]): Finding[] {
  const found: Finding[] = [];
  const name = fullName(table.schema, table.name);
  const { liveRows, deadRows, modifiedRows } = table;
  if (deadRows >= DEAD_LEAST && deadRows > DEAD_SHARE * (liveRows + deadRows)) {
    found.push({
      kind: 'dead-rows',
      sentence: `${count(deadRows)} of ${count(liveRows + deadRows)} rows are dead and are read with the others; ${ago(table.vacuumAgeSeconds, 'vacuumed')}.`,
      mend: `VACUUM (ANALYZE) ${name};`,
      queryId: '',
    });
  }
  if (modifiedRows >= MODIFIED_LEAST && modifiedRows > MODIFIED_SHARE * liveRows) {
    found.push({
      kind: 'stale-statistics',
      sentence: `${count(modifiedRows)} rows changed since the planner's statistics were made, of ${count(liveRows)}: it may choose a wrong plan; ${ago(table.analyzeAgeSeconds, 'analysed')}.`,
      mend: `ANALYZE ${name};`,
      queryId: '',
    });
  }
  const perScan = table.sequentialScans > 0 ? table.sequentialRows / table.sequentialScans : 0;
  if (perScan >= SCAN_ROWS) found.push(scans(table, name, perScan, plans));
  return found;
}

export function indexFindings(table: Table, { name, scans, bytes, unique }: Index): Finding[] {
  if (scans > 0 || unique || bytes < INDEX_BYTES) return [];
  const sentence = `The index ${name} was never used since the server's statistics began, and every write keeps it up.`;
  return [{ kind: 'unused-index', sentence, mend: `DROP INDEX CONCURRENTLY ${fullName(table.schema, name)};`, queryId: '' }];
}

const ago = (seconds: number | null, done: string): string =>
  seconds === null ? `never ${done}` : `last ${done} ${count(seconds / 60)} min ago`;

function scans(table: Table, name: string, perScan: number, plans: readonly Plan[]): Finding {
  const sentence = `Read from end to end ${count(table.sequentialScans)} times in this interval, ${count(perScan)} rows each time`;
  for (const { queryId, nodes } of plans)
    for (const node of nodes) {
      const by = node.type === 'Seq Scan' && node.on === table.name ? indexable(node) : undefined;
      if (by === undefined) continue;
      const masked = by.includes('?') ? ' (? stands for a literal that is not kept)' : '';
      return {
        kind: 'sequential-scans',
        sentence: `${sentence}, to find rows by ${by}${masked}.`,
        mend: `CREATE INDEX CONCURRENTLY ON ${name} (${by});`,
        queryId,
      };
    }
  return {
    kind: 'sequential-scans',
    sentence: `${sentence}; no plan of a statement that does so is held, so which index would help cannot be told.`,
    mend: '',
    queryId: '',
  };
}

/** The left side of the filter's first comparison, as an index's column or expression; undefined where there is none. */
function indexable({ condition }: PlanNode): string | undefined {
  const filter = /(?:^|; )Filter: (.*)$/.exec(condition)?.[1] ?? '';
  const [, left] =
    /^\(*((?:"[^"]+"|\w+)|\([^=<>]+? ->>? [^=<>]+?\)|\w+\([^=<>]*?\))(?:::\w+)? (?:=|<|>|<=|>=|~~) /.exec(filter) ?? [];
  return left?.replace(/::\w+/g, '');
}
