/** Whole requests, and those that were refused before they were read. */
import type { Ledger } from '../api/types.ts';
import { exact } from '../format/number.ts';
import { DataTable } from '../shell/data-table.tsx';

const COLUMNS = { Signal: '', By: '', Key: '', Accepted: 'n', Refused: '' } as const;

export function Requests({ ledger }: { ledger: Ledger }) {
  return (
    <section className="panel" aria-labelledby="requests-title">
      <h2 id="requests-title">
        Requests <span className="hint">a refused one was never read</span>
      </h2>
      <DataTable label="Requests" columns={COLUMNS}>
        <tbody>
          {ledger.requests.map(({ signal, transport, key, accepted, refused }) => {
            const why = Object.entries(refused).filter(([, n]) => n > 0);
            return (
              <tr key={`${signal} ${transport} ${key}`}>
                <td>{signal}</td>
                <td>{transport}</td>
                <td>{key ?? 'none or unknown'}</td>
                <td className="n">{exact(accepted)}</td>
                <td className={why.length > 0 ? 'bad' : 'muted'}>
                  {why.length > 0 ? why.map(([reason, n]) => `${reason.replaceAll('_', ' ')}: ${exact(n)}`).join(', ') : 'none'}
                </td>
              </tr>
            );
          })}
        </tbody>
      </DataTable>
      {ledger.requests.length === 0 && <p className="loading">No OTLP request has come yet.</p>}
    </section>
  );
}
