import { DASHBOARD_UIDS } from '../../monitoring/names/datasources.ts';
import { panelQueries, type Query } from '../../monitoring/queries/queries.ts';
import { SERVICES } from '../../telemetry/signals.ts';
import type { Check } from './components.ts';
import { wholeTrace } from './context.ts';
import { type Stores, until } from './stores.ts';

/** What the panels show the work of: with one of these away some panel is rightly empty, and the checks before have said which it is. */
export const SHOWN = [
  ...SERVICES,
  'collector',
  'database',
  'jaeger',
  'live',
  'loki',
  'postgres',
  'prometheus',
  'promtail',
  'traffic',
];

/** One check per dashboard: every query of every panel, as the generated files hold them, has an answer; a panel that may be empty must still be accepted. */
export function panelChecks(): Check[] {
  return Object.values(DASHBOARD_UIDS).map((uid) => ({
    name: `panels of "${uid}"`,
    needs: SHOWN,
    seconds: 60,
    async run(context, seconds) {
      const { traceId } = await context.probe();
      await wholeTrace(context, traceId, seconds);
      const queries = (await panelQueries({ traceId, span: { name: '', tags: {} } })).filter(
        ({ dashboard }) => dashboard === uid,
      );
      let open = queries;
      await until(
        seconds,
        () =>
          `${[...new Set(open.map(({ datasource }) => datasource))].join(', ')}: no data for ${open.map(({ panel }) => `"${panel}"`).join(', ')}`,
        async () => {
          open = await withoutAnswer(context.stores, open);
          return open.length === 0 ? true : undefined;
        },
      );
      return `${queries.length} queries answered, ${queries.filter(({ mayBeEmpty }) => mayBeEmpty).length} of them may be empty`;
    },
  }));
}

/** One after the other: a page of panels must not be a load test of the stores. */
async function withoutAnswer(stores: Stores, queries: Query[]): Promise<Query[]> {
  const empty: Query[] = [];
  for (const query of queries) {
    const found = await ask(stores, query);
    if (found === 0 && !query.mayBeEmpty) empty.push(query);
  }
  return empty;
}

/** Sends a query to its own data source; returns how many series, lines, exemplars, traces or spans came back. Throws when the query is refused. */
export async function ask(stores: Stores, query: Query): Promise<number> {
  if (query.datasource === 'jaeger')
    return query.kind === 'trace' ? (await stores.trace(query.traceId)).length : stores.searchTraces(query.search);
  if (query.datasource === 'loki') return (await stores.logs(query.query)).length;
  if (query.kind === 'exemplars') return (await stores.exemplars(query.query, new Date(Date.now() - 900_000))).length;
  return (await stores.query(query.query)).filter(({ value }) => value[1] !== 'NaN').length;
}
