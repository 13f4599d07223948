import { useEffect, useState } from 'react';
import { useStream } from '../stream/hooks.ts';
import type { Interval } from './interval.ts';

/** What is late for its interval still comes: exporters send every five seconds at least. */
const LATE_MS = 10_000;

/** Whether more may still come into an interval, so that it is worth asking again. */
export function useFilling(interval: Interval | undefined): boolean {
  const stream = useStream();
  const left = () => (interval ? interval.toMs + LATE_MS - stream.now() : 0);
  const [, filled] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an interval that ends at the same time is filled at the same time
  useEffect(() => {
    const wait = left();
    if (wait <= 0) return;
    const timer = setTimeout(() => filled((n) => n + 1), Math.min(wait, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [interval?.toMs]);
  return left() > 0;
}
