/** An interval's course of each service, in the form in which the sparklines draw a minute: a stretch of it stands where a second does. */
import { useMemo } from 'react';
import { apiPath } from '../api/request.ts';
import type { Quantile } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { emptyHistory, type History, setSecond } from '../stream/slots.ts';
import { useIntervalQuery } from './shown-table.ts';
import { SHOWN_SECONDS } from './sparkline.ts';

interface PastServices {
  fromMs: number;
  toMs: number;
  services: {
    service: string;
    history: { stepSeconds: number; requests: number[]; errors: number[]; p99Ms: Quantile[] } | null;
  }[];
}

export interface PastHistories {
  histories: ReadonlyMap<string, History>;
  /** What of the interval was counted. */
  fromMs: number;
  toMs: number;
  /** The end of what is drawn, in the histories' own seconds. */
  endMs: number;
}

/** Undefined where the page is live, and until it is counted. */
export function usePastHistories(): PastHistories | undefined {
  const past = useIntervalQuery();
  const { data } = useApi<PastServices>(
    past && apiPath('/api/services', { ...past.query, history: SHOWN_SECONDS }),
    past?.everyMs,
  );
  const counted = useMemo(() => data && { ...data, histories: historiesOf(data), endMs: SHOWN_SECONDS * 1000 }, [data]);
  return past && counted;
}

function historiesOf({ services }: PastServices): ReadonlyMap<string, History> {
  const histories = new Map<string, History>();
  for (const { service, history } of services) {
    if (!history) continue;
    const stretches = emptyHistory();
    // Second 0 is an empty slot's, too.
    history.requests.forEach((requests, i) => {
      setSecond(stretches, i + 1, requests, history.errors[i] ?? 0, history.p99Ms[i] ?? Number.NaN);
    });
    histories.set(service, stretches);
  }
  return histories;
}
