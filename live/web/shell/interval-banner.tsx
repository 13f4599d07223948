/** Says which time the page shows where it is not live, what is missing of it, and leads back. */
import type { Ledger } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { useStream } from '../stream/hooks.ts';
import { type Interval, intervalLength, intervalName, missingBefore } from './interval.ts';
import { useNavigation } from './navigation.tsx';
import { pageRow } from './place.ts';

const RENEW_MS = 10_000;
const ITEMS = { traces: 'span', metrics: 'metric point', logs: 'log record' } as const;

/** Its live region is always there so that a screen reader hears of changes. */
export function IntervalBanner() {
  const { interval, wrongInterval } = useNavigation();
  return (
    <div role="status" className="banner-region">
      {interval && <Chosen interval={interval} />}
      {wrongInterval && <div className="banner banner-warning">Shown live instead of what the address says. {wrongInterval}</div>}
    </div>
  );
}

function Chosen({ interval }: { interval: Interval }) {
  const stream = useStream();
  const { place, zone, choose } = useNavigation();
  const { interval: shown } = pageRow(place.page);
  const ledger = useApi<Ledger>('/api/ledger', RENEW_MS).data;
  const length = intervalLength(interval);
  const name = `${intervalName(interval, zone, stream.now())}${length && ` (${length})`}`;
  const signal = typeof shown === 'string' ? ledger?.signals.find((one) => one.signal === shown) : undefined;
  const missing = typeof shown === 'string' && signal && missingBefore(interval, signal, ITEMS[shown], zone);
  return (
    <div className="banner banner-interval">
      <span>
        {typeof shown === 'string' ? (
          <>
            <strong>Not live:</strong> {name}. {missing}
          </>
        ) : (
          <>
            {shown.instead} <strong>{name}</strong> is kept for the other pages.
          </>
        )}
      </span>
      <button type="button" onClick={() => choose(undefined)} title="Esc">
        Back to live
      </button>
    </div>
  );
}
