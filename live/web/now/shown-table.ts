/** The page's tables: of now by the stream; of a chosen interval by the API, in the same form. */
import { TABLES, type Table, type TableName, type ViewRequest } from '../../server/stream/frame-layout.ts';
import { apiPath } from '../api/request.ts';
import { useApi } from '../api/use-api.ts';
import { useFilling } from '../shell/filling.ts';
import { intervalParams } from '../shell/interval.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { useTable } from '../stream/hooks.ts';

/** Where the rows of each are in the API's answers. */
const ANSWERS = {
  services: ['/api/services', 'services'],
  operations: ['/api/operations', 'operations'],
  nodes: ['/api/topology', 'nodes'],
  edges: ['/api/topology', 'edges'],
  slowest: ['/api/notable', 'slowest'],
  failed: ['/api/notable', 'failed'],
  errors: ['/api/errors', 'groups'],
} as const satisfies Partial<Record<TableName, readonly [path: string, field: string]>>;

/** While more may come into the interval, it is asked for again. */
const RENEW_MS = 3_000;

type Row = Readonly<Record<string, unknown>>;

/** Both ends of the page's interval as the API has them; undefined where the page is live. */
export function useIntervalQuery(): { query: { from: string; to: string }; everyMs: number | undefined } | undefined {
  const { interval } = useNavigation();
  const filling = useFilling(interval);
  return interval && { query: intervalParams(interval), everyMs: filling ? RENEW_MS : undefined };
}

/** What the page shows of a table; undefined until it came. */
export function useShownTable<T extends keyof typeof ANSWERS>(request: ViewRequest, name: T, hz?: number): Table<T> | undefined {
  const live = useTable(request, name, hz);
  const past = useIntervalQuery();
  const [path, field] = ANSWERS[name];
  const { data } = useApi<Record<string, Row[]>>(
    past && apiPath(path, { ...past.query, service: 'service' in request ? request.service : undefined }),
    past?.everyMs,
  );
  if (!past) return live;
  return data && tableOf(name, data[field] ?? []);
}

/** Rows of JSON as a table of the stream: a text is a number into its strings, and what is null is NaN. */
export function tableOf<T extends TableName>(name: T, rows: readonly Row[]): Table<T> {
  const strings = [''];
  const column = (key: string, kind: string) => {
    if (kind !== 'string') return Float64Array.from(rows, (row) => (typeof row[key] === 'number' ? row[key] : Number.NaN));
    return Uint32Array.from(rows, (row) => strings.push(String(row[key] ?? '')) - 1);
  };
  const columns = Object.fromEntries(Object.entries(TABLES[name].columns).map(([key, kind]) => [key, column(key, kind)]));
  return { table: name, view: 0, rows: rows.length, first: 0, strings, columns } as unknown as Table<T>;
}
