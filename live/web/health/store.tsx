/** How full the store is, and how far back it reaches. */
import type { Ledger } from '../api/types.ts';
import { bytes, percent } from '../format/number.ts';
import { age } from '../format/time.ts';
import { useConnection } from '../shell/connection.tsx';
import { useNow } from '../stream/hooks.ts';

export function Store({ ledger }: { ledger: Ledger }) {
  const now = useNow();
  const { health } = useConnection();
  return (
    <section className="panel" aria-labelledby="store-title">
      <h2 id="store-title">Store</h2>
      <ul className="shares">
        {ledger.signals.map(({ signal, bytes: used, capBytes, oldestMs }) => (
          <li key={signal}>
            <span>{signal}</span>
            <span className="share-bar">
              <span className="share-fill" style={{ width: `${Math.min(100, (used / (capBytes || 1)) * 100)}%` }} />
            </span>
            <b>{percent(used / (capBytes || 1))}</b>
            <span className="hint">
              {bytes(used)} of {bytes(capBytes)}, oldest {oldestMs === null ? 'none' : age(oldestMs, now)}
            </span>
          </li>
        ))}
      </ul>
      <dl className="facts">
        <div>
          <dt>Derived numbers</dt>
          <dd>{bytes(health.get('derivedBytes'))}</dd>
        </div>
        <div>
          <dt>JavaScript heap</dt>
          <dd>{bytes(health.get('heapBytes'))}</dd>
        </div>
      </dl>
      <p className="hint">A full store is well: the oldest makes room, the quiet services keep theirs.</p>
    </section>
  );
}
