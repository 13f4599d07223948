/** Routes of the watched database. */
import { statementsOfTrace } from '../database/callers.ts';
import type { Interval } from '../database/database.ts';
import { lockSteps } from '../database/locks.ts';
import { planSteps } from '../database/plans.ts';
import { historySteps, sessionSteps } from '../database/sessions.ts';
import { statementPageSteps } from '../database/statement.ts';
import { namedSteps, SORTS, statementSteps } from '../database/statements.ts';
import { tableSteps } from '../database/tables.ts';
import { BadRequestError, CURSORS, LIMIT, type Query, SPAN_ID, TIME, TRACE_ID, text } from '../query/query.ts';
import type { Live } from '../receive/live.ts';
import { get, type Route } from './route.ts';
import { pageOf } from './route-inputs.ts';

const INTERVAL = { from: TIME, to: TIME } as const;
const PAGE = { limit: LIMIT, cursor: CURSORS.list } as const;
/** What is shown of a live database: the last five minutes. */
const LIVE_MS = 300_000;
const QUERY_ID = /^-?\d{1,20}$/;

/** Live without both ends; an end alone has its beginning where the oldest point that is held came. */
function intervalOf(live: Live, query: Query): Interval {
  const [from, to] = [query.number('from'), query.number('to')];
  const toMs = Number.isNaN(to) ? live.now() : to;
  const since = () => (Number.isNaN(to) ? toMs - LIVE_MS : oldestMs(live, toMs - LIVE_MS));
  return { fromMs: Math.min(Number.isNaN(from) ? since() : from, toMs), toMs };
}

function oldestMs(live: Live, otherwise: number): number {
  const came = [...live.metrics.blocks()].filter(({ committed }) => committed > 0).map(({ createdMs }) => createdMs);
  return came.length > 0 ? Math.min(...came) : otherwise;
}

export const DATABASE_ROUTES: readonly Route[] = [
  get(
    '/api/database/statements',
    {
      ...INTERVAL,
      sort: { type: 'one of', values: SORTS, default: 'time' },
      text,
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      ...PAGE,
    },
    async ({ live, query, slowly }) => {
      const interval = intervalOf(live, query);
      const [traceId, said] = [query.text('traceId'), query.text('text').toLowerCase()];
      const sort = SORTS.find((one) => one === query.text('sort')) ?? 'time';
      const { statements, ...list } = await slowly(statementSteps(live, interval, sort));
      const ofTrace = traceId && (await slowly(statementsOfTrace(live, traceId, query.text('spanId'))));
      const named = ofTrace ? await slowly(namedSteps(live, ofTrace, statements)) : statements;
      const { page, next } = pageOf(
        named.filter((one) => one.text.toLowerCase().includes(said)),
        query,
      );
      return { timeMs: live.now(), ...interval, ...list, statements: page, next };
    },
  ),
  get('/api/database/statements/{queryId}', INTERVAL, async ({ live, query, path: { queryId = '' }, slowly }) => {
    if (!QUERY_ID.test(queryId)) throw new BadRequestError('a statement is named by its queryid: at most 20 digits');
    const interval = intervalOf(live, query);
    return { timeMs: live.now(), ...interval, ...(await slowly(statementPageSteps(live, queryId, interval))) };
  }),
  get(
    '/api/database/sessions',
    { ...INTERVAL, points: { type: 'integer', minimum: 1, maximum: 1000, default: 300 } },
    async ({ live, query, slowly }) => {
      const interval = intervalOf(live, query);
      const history = await slowly(historySteps(live, interval, query.number('points')));
      return { timeMs: live.now(), ...interval, ...history, sessions: await slowly(sessionSteps(live, interval)) };
    },
  ),
  get('/api/database/locks', { ...INTERVAL, ...PAGE }, async ({ live, query, slowly }) => {
    const interval = intervalOf(live, query);
    const { page, next } = pageOf(await slowly(lockSteps(live, interval)), query);
    return { timeMs: live.now(), ...interval, locks: page, next };
  }),
  get('/api/database/plans', { ...INTERVAL, ...PAGE }, async ({ live, query, slowly }) => {
    const interval = intervalOf(live, query);
    const { page, next } = pageOf(await slowly(planSteps(live, interval)), query);
    return { timeMs: live.now(), ...interval, plans: page, next };
  }),
  get('/api/database/tables', { ...INTERVAL, ...PAGE }, async ({ live, query, slowly }) => {
    const interval = intervalOf(live, query);
    const { page, next } = pageOf(await slowly(tableSteps(live, interval)), query);
    return { timeMs: live.now(), ...interval, tables: page, next };
  }),
];
