/** Room health: how the live view itself does: what came in and where it is, what was dropped and why, how late it is, and how this page keeps up. */
import type { Ledger as LedgerAnswer } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { bytes, compact, duration } from '../format/number.ts';
import { useConnection } from '../shell/connection.tsx';
import { AnswerState } from '../shell/states.tsx';
import { Access } from './access.tsx';
import { Ledger } from './ledger.tsx';
import { OwnFrames } from './own-frames.tsx';
import { RateTile } from './rate-tile.tsx';
import { Requests } from './requests.tsx';
import { Store } from './store.tsx';

const RENEW_MS = 2_000;
const RATES = [
  { name: 'spansPerSecond', label: 'spans/s', format: compact },
  { name: 'pointsPerSecond', label: 'metric points/s', format: compact },
  { name: 'logsPerSecond', label: 'log records/s', format: compact },
  { name: 'bytesPerSecond', label: 'over the wire /s', format: bytes },
  { name: 'lagP99Ms', label: 'event loop lag, p99', format: duration },
  { name: 'rssBytes', label: 'memory', format: bytes },
] as const;

export function HealthPage() {
  const { session } = useConnection();
  const answer = useApi<LedgerAnswer>('/api/ledger', RENEW_MS);
  return (
    <>
      <div className="title">
        <h1>Health</h1>
        <span className="hint">of the live view itself{session && `, version ${session.version}`}</span>
      </div>
      <section className="tiles tiles-small" aria-label="Rates">
        {RATES.map(({ name, label, format }) => (
          <RateTile key={name} name={name} label={label} format={format} />
        ))}
      </section>
      {!answer.data && <AnswerState answer={answer} what="ledger" />}
      {answer.data && (
        <div className="health-grid">
          <Ledger ledger={answer.data} />
          <Store ledger={answer.data} />
          <Requests ledger={answer.data} />
          <OwnFrames />
          <Access />
        </div>
      )}
    </>
  );
}
