import { useEffect, useState } from 'react';
import { ApiError, apiPath, getJson } from '../api/request.ts';
import type { MetricSeries } from '../api/types.ts';
import { useFilling } from '../shell/filling.ts';
import { type Interval, intervalParams } from '../shell/interval.ts';
import { useStream } from '../stream/hooks.ts';
import { appendPoints, dropFirst, widestStep, withoutFirst } from './append.ts';

const RENEW_MS = 2_000;
/** All is asked for again now and then: for the statistics, and for what came late. */
const WHOLE_MS = 60_000;
/** A renewal asks for so much that is held already: differences need the point before. */
const OVERLAP_MS = 15_000;

export interface MetricQuery {
  name: string;
  service: string;
  /** Keys that the server merges series by; [''] for all as one, [] for each of its own. */
  groupBy: readonly string[];
  /** Lines at most. */
  limit: number;
  /** The stretch up to now, which is renewed; */
  minutes: number;
  /** or an interval, which is asked for once unless more may come into it. */
  interval: Interval | undefined;
}

/** The series of a metric, renewed by what is new. */
export function useMetric(query: MetricQuery): { data: MetricSeries | undefined; error: ApiError | undefined } {
  const stream = useStream();
  const filling = useFilling(query.interval);
  const key = JSON.stringify(query);
  const [answer, setAnswer] = useState<{ key: string; data?: MetricSeries; error?: ApiError }>({ key: '' });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let data: MetricSeries | undefined;
    let wholeAt = 0;
    const { name, service, groupBy, limit, minutes, interval } = JSON.parse(key) as MetricQuery;
    const length = minutes * 60_000;
    const grouped = groupBy.length > 0;
    const ask = async () => {
      const nowMs = stream.now();
      // A merged sum stands on all of its stretch: its parts do not join where a process began anew.
      const whole =
        data === undefined || interval !== undefined || nowMs - wholeAt > WHOLE_MS || (grouped && data.type === 'sum');
      const overlap = Math.max(OVERLAP_MS, 3 * (data ? widestStep(data) : 0));
      const from = Math.floor(nowMs - (whole ? length : Math.min(length, overlap)));
      const time = interval ? intervalParams(interval) : { from };
      try {
        const path = apiPath(`/api/metrics/${encodeURIComponent(name)}`, { service, groupBy, limit, ...time });
        const answered = await getJson<MetricSeries>(path, abort.signal);
        const got = grouped ? answered : withoutFirst(answered);
        data = data === undefined || whole ? got : appendPoints(data, grouped ? dropFirst(got) : got, nowMs - length);
        if (whole) wholeAt = nowMs;
        setAnswer({ key, data });
      } catch (error) {
        if (abort.signal.aborted) return;
        setAnswer({ key, data, error: error instanceof ApiError ? error : new ApiError(0, String(error)) });
      }
      if ((interval === undefined || filling) && !abort.signal.aborted) timer = setTimeout(ask, RENEW_MS);
    };
    ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [stream, key, filling]);
  return answer.key === key ? { data: answer.data, error: answer.error } : { data: undefined, error: undefined };
}
