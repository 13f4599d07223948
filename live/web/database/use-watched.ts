import { apiPath, type Query } from '../api/request.ts';
import { type Answer, useApi } from '../api/use-api.ts';
import { useFilling } from '../shell/filling.ts';
import { intervalParams } from '../shell/interval.ts';
import { useNavigation } from '../shell/navigation.tsx';

/** What the API says of the database: of the last five minutes, again every `everyMs`; of a chosen interval once, unless more may come into it. */
export function useWatched<T>(path: string, query: Query, everyMs: number): Answer<T> {
  const { interval } = useNavigation();
  const filling = useFilling(interval);
  return useApi<T>(
    apiPath(`/api/database/${path}`, { ...query, ...intervalParams(interval) }),
    interval && !filling ? undefined : everyMs,
  );
}
