/** Whole requests, and those that were refused before they were read. */
import type { Ledger } from '../api/types.ts';
import { exact } from '../format/number.ts';
import { ScrollRegion } from '../shell/scroll-region.tsx';

export function Requests({ ledger }: { ledger: Ledger }) {
  return (
    <section className="panel" aria-labelledby="requests-title">
      <h2 id="requests-title">
        Requests <span className="hint">a refused one was never read</span>
      </h2>
      <ScrollRegion label="Requests">
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Signal</th>
              <th scope="col">By</th>
              <th scope="col">Key</th>
              <th scope="col" className="n">
                Accepted
              </th>
              <th scope="col">Refused</th>
            </tr>
          </thead>
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
        </table>
      </ScrollRegion>
      {ledger.requests.length === 0 && <p className="loading">No OTLP request has come yet.</p>}
    </section>
  );
}
