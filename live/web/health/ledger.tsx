/** Received = held + evicted + rejected + duplicate, per signal and key. */
import type { Counts, Ledger as LedgerAnswer } from '../api/types.ts';
import { exact } from '../format/number.ts';
import { DataTable } from '../shell/data-table.tsx';
import { balance } from './balance.ts';

const SIGNALS: Record<string, string> = { traces: 'Spans', metrics: 'Metric points', logs: 'Log records' };
const COLUMNS = {
  What: '',
  Key: '',
  Received: 'n',
  Held: 'n',
  Evicted: 'n',
  Rejected: 'n',
  Duplicate: 'n',
  'Adds up': '',
  'Why rejected': '',
} as const;

export function Ledger({ ledger }: { ledger: LedgerAnswer }) {
  return (
    <section className="panel wide" aria-labelledby="ledger-title">
      <h2 id="ledger-title">
        Ledger <span className="hint">received = held + evicted + rejected + duplicate, to the last one</span>
      </h2>
      <DataTable label="Ledger" columns={COLUMNS}>
        {ledger.signals.map(({ signal, keys, ...total }) => (
          <tbody key={signal}>
            <Row name={SIGNALS[signal] ?? signal} of="all keys" counts={total} why="" />
            {keys.map(({ key, reasons, ...counts }) => (
              <Row
                key={key}
                name=""
                of={key}
                counts={counts}
                why={Object.entries(reasons)
                  .map(([reason, n]) => `${reason.replaceAll('_', ' ')}: ${exact(n)}`)
                  .join(', ')}
              />
            ))}
          </tbody>
        ))}
      </DataTable>
      <p className="hint">
        Evicted: pushed out by newer data, fairly by service. Rejected: refused on arrival; the sender was told. Duplicate: a span
        that had come before, kept and counted once.
      </p>
    </section>
  );
}

function Row({ name, of, counts, why }: { name: string; of: string; counts: Counts; why: string }) {
  const missing = balance(counts);
  return (
    <tr className={name ? 'total' : ''}>
      {name ? <th scope="row">{name}</th> : <td />}
      <td>{of}</td>
      <td className="n">{exact(counts.received)}</td>
      <td className="n">{exact(counts.held)}</td>
      <td className="n">{exact(counts.evicted)}</td>
      <td className={`n ${counts.rejected > 0 ? 'bad' : ''}`}>{exact(counts.rejected)}</td>
      <td className="n">{exact(counts.duplicate)}</td>
      <td className={missing === 0 ? 'good' : 'bad'}>{missing === 0 ? 'yes' : `off by ${exact(missing)}`}</td>
      <td>{why}</td>
    </tr>
  );
}
