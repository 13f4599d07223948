/** Tables and indexes: what is wrong with them, and what would mend it. */
import type { Table } from '../api/database-types.ts';
import { bytes, compact, duration } from '../format/number.ts';
import { DataTable } from '../shell/data-table.tsx';
import { Link } from '../shell/navigation.tsx';

export function Tables({ tables }: { tables: Table[] }) {
  const wrong = tables.flatMap((table) => table.findings.map((finding) => ({ table, finding })));
  return (
    <section className="panel" aria-labelledby="tables-title">
      <h2 id="tables-title">
        Tables and indexes <span className="hint">what is wrong with them, and what would mend it</span>
      </h2>
      {wrong.length === 0 && <p className="hint">Nothing is wrong with the {tables.length} tables that are watched.</p>}
      <ul className="findings">
        {wrong.map(({ table, finding }) => (
          <li key={`${table.schema} ${table.name} ${finding.kind} ${finding.mend}`}>
            <p>
              <b>
                {table.schema}.{table.name}
              </b>{' '}
              {finding.sentence}{' '}
              {finding.queryId && (
                <Link page="statement" id={finding.queryId} className="tag">
                  The statement
                </Link>
              )}
            </p>
            {finding.mend && <pre>{finding.mend}</pre>}
          </li>
        ))}
      </ul>
      {tables.length > 0 && (
        <details>
          <summary>All {tables.length}</summary>
          <AllTables tables={tables} />
        </details>
      )}
    </section>
  );
}

const COLUMNS: Readonly<Record<string, '' | 'n'>> = {
  ...{ Table: '', Size: 'n', 'Live rows': 'n', 'Dead rows': 'n', 'Sequential scans': 'n' },
  ...{ 'Last vacuum': 'n', 'Last analyze': 'n', 'Indexes, scans of each': '' },
};

const since = (seconds: number | null): string => (seconds === null ? 'never' : `${duration(seconds * 1000)} ago`);

function AllTables({ tables }: { tables: Table[] }) {
  return (
    <DataTable label="All tables" columns={COLUMNS}>
      <tbody>
        {tables.map((table) => (
          <tr key={`${table.schema} ${table.name}`}>
            <td>
              {table.schema}.{table.name}
            </td>
            {/* The planner's own figure: 0 until the table is analysed. */}
            <td className="n">{table.bytes > 0 ? bytes(table.bytes) : '–'}</td>
            <td className="n">{compact(table.liveRows)}</td>
            <td className="n">{compact(table.deadRows)}</td>
            <td className="n">{compact(table.sequentialScans)}</td>
            <td className="n">{since(table.vacuumAgeSeconds)}</td>
            <td className="n">{since(table.analyzeAgeSeconds)}</td>
            <td>{table.indexes.map(({ name, scans }) => `${name} ${compact(scans)}`).join(', ') || '–'}</td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}
