/** The busiest operations. */
import { compact, duration, percent } from '../format/number.ts';
import { DataTable } from '../shell/data-table.tsx';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import { mapRows, text } from '../stream/table.ts';
import { useShownTable } from './shown-table.ts';

const SHOWN = 10;
const COLUMNS = { Service: '', Operation: '', Kind: '', 'per s': 'n', Errors: 'n', p50: 'n', p99: 'n' } as const;

export function Operations({ service, window }: { service: string; window: number }) {
  const { interval } = useNavigation();
  const table = useShownTable({ view: 'operations', window, service }, 'operations', 1);
  const rows = mapRows(table, (of, row) => ({
    service: text(of, of.columns.service, row),
    operation: text(of, of.columns.operation, row),
    kind: text(of, of.columns.kind, row),
    rate: of.columns.rate[row] ?? 0,
    errorRate: of.columns.errorRate[row] ?? 0,
    p50Ms: of.columns.p50Ms[row] ?? Number.NaN,
    p99Ms: of.columns.p99Ms[row] ?? Number.NaN,
  })).slice(0, SHOWN);
  return (
    <section className="panel" aria-label="Busiest operations">
      <h2>
        Busiest operations <span className="hint">{interval ? 'of the interval' : `last ${window} s`}</span>
      </h2>
      <DataTable label="Operations" columns={COLUMNS}>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.service} ${row.operation} ${row.kind}`}>
              <td>
                <ServiceName service={row.service} />
              </td>
              <td className="clip">
                <Link page="traces" params={{ service: row.service, operation: row.operation }}>
                  {row.operation}
                </Link>
              </td>
              <td className="muted">{row.kind}</td>
              <td className="n">{compact(Number(row.rate.toFixed(1)))}</td>
              <td className={`n ${row.errorRate > 0 ? 'bad' : ''}`}>{percent(row.errorRate)}</td>
              <td className="n">{duration(row.p50Ms)}</td>
              <td className="n">{duration(row.p99Ms)}</td>
            </tr>
          ))}
        </tbody>
      </DataTable>
    </section>
  );
}
