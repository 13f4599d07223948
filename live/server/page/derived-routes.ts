/** Routes of what is derived from rows: of the last seconds as it is kept, of an interval as its rows are counted anew. */

import type { Past } from '../query/past.ts';
import { pastErrors, pastNotable, pastOf, pastOperations, pastServices, pastTopology } from '../query/past-rows.ts';
import { CURSORS, LIMIT, type Query, TIME, text, WINDOW } from '../query/query.ts';
import { errorGroups, history, notable, operationRows, serviceRows, topology } from '../query/services.ts';
import type { Live } from '../receive/live.ts';
import { get, type Route } from './route.ts';
import { pageOf } from './route-inputs.ts';

const INTERVAL = { from: TIME, to: TIME } as const;
const seconds = (live: Live): number => live.now() / 1000;

/** The interval asked for, counted; undefined where none is. */
function past(live: Live, query: Query): Promise<Past> | undefined {
  const [from, to] = [query.number('from'), query.number('to')];
  return Number.isNaN(from) && Number.isNaN(to) ? undefined : pastOf(live, from, to);
}

/** What of the interval was counted, and over how many seconds rates are. */
const counted = (live: Live, { fromMs, toMs, seconds: over }: Past): object => ({
  timeMs: live.now(),
  windowSeconds: Math.ceil(over),
  fromMs,
  toMs,
});

export const DERIVED_ROUTES: readonly Route[] = [
  get(
    '/api/services',
    { window: WINDOW, history: { type: 'integer', minimum: 0, maximum: 120, default: 0 }, ...INTERVAL },
    async ({ live, query }) => {
      const slots = query.number('history');
      const interval = await past(live, query);
      if (interval !== undefined) {
        const services = pastServices(interval).map(({ errors, ...row }) => ({
          ...row,
          history: slots === 0 ? null : row.history,
        }));
        return { ...counted(live, interval), services };
      }
      const now = seconds(live);
      const windowSeconds = query.number('window');
      const services = serviceRows(live.derived, now, windowSeconds).map(({ errors, ...row }) => {
        const state = live.derived.services.get(row.service);
        return { ...row, history: slots === 0 || state === undefined ? null : history(state, now, slots) };
      });
      return { timeMs: live.now(), windowSeconds, services };
    },
  ),
  get(
    '/api/operations',
    { window: WINDOW, service: text, ...INTERVAL, limit: LIMIT, cursor: CURSORS.list },
    async ({ live, query }) => {
      const interval = await past(live, query);
      const windowSeconds = query.number('window');
      const service = query.text('service');
      const all = interval
        ? pastOperations(interval, service)
        : operationRows(live.derived, seconds(live), windowSeconds, service);
      const { page, next } = pageOf(all, query);
      const head = interval ? counted(live, interval) : { timeMs: live.now(), windowSeconds };
      return { ...head, operations: page.map(({ errors, inFlight, ...row }) => row), next };
    },
  ),
  get('/api/topology', { window: WINDOW, ...INTERVAL }, async ({ live, query }) => {
    const interval = await past(live, query);
    if (interval !== undefined) return { ...counted(live, interval), ...pastTopology(interval) };
    const windowSeconds = query.number('window');
    return { timeMs: live.now(), windowSeconds, ...topology(live.derived, seconds(live), windowSeconds) };
  }),
  get('/api/notable', { service: text, ...INTERVAL }, async ({ live, query }) => {
    const interval = await past(live, query);
    const service = query.text('service');
    return interval ? pastNotable(interval, service) : notable(live.derived, seconds(live), service);
  }),
  get('/api/errors', { service: text, ...INTERVAL, limit: LIMIT }, async ({ live, query }) => {
    const interval = await past(live, query);
    const [service, limit] = [query.text('service'), query.number('limit')];
    return { groups: interval ? pastErrors(interval, service, limit) : errorGroups(live.derived, service, limit) };
  }),
];
