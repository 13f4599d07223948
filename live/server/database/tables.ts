/** Tables and their indexes, and what is wrong with them: in a sentence, with the statement that would mend it. */
import { METRICS } from '../../../database/names.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { type Interval, pointSteps, type WatchedSeries } from './database.ts';
import { indexFindings, tableFindings } from './findings.ts';
import { planSteps } from './plans.ts';
import type { Index, Table } from './table.ts';

const SCHEMA = 'postgresql.schema.name';
const TABLE = 'postgresql.table.name';
const INDEX = 'postgresql.index.name';
const UNIQUE = 'postgresql.index.unique';

const last = ({ points }: WatchedSeries): number => points.at(-1)?.value ?? 0;
const sum = ({ points }: WatchedSeries): number => points.reduce((all, { value }) => all + value, 0);

const NUMBERS: readonly [
  string,
  'bytes' | 'modifiedRows' | 'vacuumAgeSeconds' | 'analyzeAgeSeconds' | 'sequentialScans' | 'sequentialRows',
  typeof last,
][] = [
  [METRICS.tableSize, 'bytes', last],
  [METRICS.modified, 'modifiedRows', last],
  [METRICS.vacuumAge, 'vacuumAgeSeconds', last],
  [METRICS.analyzeAge, 'analyzeAgeSeconds', last],
  [METRICS.sequentialScans, 'sequentialScans', sum],
  [METRICS.sequentialRows, 'sequentialRows', sum],
];

/** As they were at the end of the interval: what is wrong first, then the largest. */
export function* tableSteps(live: Live, interval: Interval): Steps<Table[]> {
  const tables = new Map<string, Table>();
  for (const one of yield* pointSteps(live, METRICS.tableRows, interval)) {
    const table = tableOf(tables, one.attributes);
    table[one.attributes.state === 'dead' ? 'deadRows' : 'liveRows'] = last(one);
  }
  for (const [metric, field, value] of NUMBERS)
    for (const one of yield* pointSteps(live, metric, interval)) {
      const known = tables.get(keyOf(one.attributes));
      if (known) known[field] = value(one);
    }
  yield* readIndexes(live, interval, tables);
  const plans = yield* planSteps(live, interval);
  for (const table of tables.values()) {
    yield;
    table.findings = [...tableFindings(table, plans), ...table.indexes.flatMap((index) => indexFindings(table, index))];
  }
  return [...tables.values()].sort((a, b) => b.findings.length - a.findings.length || b.bytes - a.bytes);
}

function* readIndexes(live: Live, interval: Interval, tables: Map<string, Table>): Steps<void> {
  const indexes = new Map<string, Index>();
  for (const { attributes, points } of yield* pointSteps(live, METRICS.indexScans, interval)) {
    const index = {
      name: attributes[INDEX] ?? '',
      scans: points.at(-1)?.value ?? 0,
      bytes: 0,
      unique: attributes[UNIQUE] === 'true',
    };
    indexes.set(`${attributes[SCHEMA]}\n${index.name}`, index);
    tables.get(keyOf(attributes))?.indexes.push(index);
  }
  for (const one of yield* pointSteps(live, METRICS.indexSize, interval)) {
    const index = indexes.get(`${one.attributes[SCHEMA]}\n${one.attributes[INDEX]}`);
    if (index) index.bytes = last(one);
  }
}

const keyOf = (attributes: Record<string, string>): string => `${attributes[SCHEMA]}\n${attributes[TABLE]}`;

function tableOf(tables: Map<string, Table>, attributes: Record<string, string>): Table {
  const key = keyOf(attributes);
  const known = tables.get(key);
  if (known) return known;
  const table: Table = {
    schema: attributes[SCHEMA] ?? '',
    name: attributes[TABLE] ?? '',
    bytes: 0,
    liveRows: 0,
    deadRows: 0,
    modifiedRows: 0,
    sequentialScans: 0,
    sequentialRows: 0,
    vacuumAgeSeconds: null,
    analyzeAgeSeconds: null,
    indexes: [],
    findings: [],
  };
  tables.set(key, table);
  return table;
}
