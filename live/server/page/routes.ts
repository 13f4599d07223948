/** Every path of the API with what it takes: the table that a test holds against openapi.yml. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tracesData } from '../otlp/rows.ts';
import { ledger } from '../query/ledger.ts';
import { searchLogs } from '../query/logs.ts';
import { ANY_SPAN, type SpanFilter } from '../query/match.ts';
import { listMetrics, metricSeries } from '../query/metrics.ts';
import {
  ATTRIBUTES,
  BadRequestError,
  CURSORS,
  LEVEL,
  LIMIT,
  NotFoundError,
  type ParamTable,
  type Query,
  SPAN_ID,
  STATUS,
  TIME,
  TRACE_ID,
  text,
  WINDOW,
} from '../query/query.ts';
import { errorGroups, history, notable, operationRows, serviceRows, topology } from '../query/services.ts';
import type { Ingest } from '../receive/ingest.ts';
import type { Key } from '../receive/keys.ts';
import type { Live } from '../receive/live.ts';
import { readBody } from '../receive/read-body.ts';
import { SIGNALS } from '../store/ledger.ts';
import { inSlices } from '../store/slices.ts';
import { followLogs, followSpans } from '../stream/follow.ts';
import type { Vitals } from '../stream/vitals.ts';
import { analysisSteps } from '../trace/analysis.ts';
import { treeSteps } from '../trace/build-tree.ts';
import { rowRefs, rowsOfSpan, searchTraces } from '../trace/search.ts';
import { waterfallSteps } from '../trace/waterfall.ts';
import { exportRows, importRows } from './export.ts';
import { heldByBlock, logFilter, pageOf, statusCode } from './route-inputs.ts';

interface Context {
  live: Live;
  ingest: Ingest;
  vitals: Vitals;
  query: Query;
  /** Parts of the path by name. */
  path: Record<string, string>;
  /** Whom imported rows are counted for. */
  key: Key;
  request: IncomingMessage;
  response: ServerResponse;
}

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  params: ParamTable;
  /** Returns what to send as JSON, or the bytes of it; undefined where it answers by itself. */
  handle(context: Context): object | undefined | Promise<object>;
}

const get = (path: string, params: ParamTable, handle: Route['handle']): Route => ({ method: 'GET', path, params, handle });
const seconds = (live: Live): number => live.now() / 1000;

export const ROUTES: readonly Route[] = [
  get('/api/health', {}, ({ vitals }) => vitals.health()),
  get('/api/ledger', {}, ({ live }) => ledger(live)),

  get(
    '/api/services',
    { window: WINDOW, history: { type: 'integer', minimum: 0, maximum: 120, default: 0 } },
    ({ live, query }) => {
      const now = seconds(live);
      const windowSeconds = query.number('window');
      const slots = query.number('history');
      const services = serviceRows(live.derived, now, windowSeconds).map(({ errors, ...row }) => {
        const state = live.derived.services.get(row.service);
        return { ...row, history: slots === 0 || state === undefined ? null : history(state, now, slots) };
      });
      return { timeMs: live.now(), windowSeconds, services };
    },
  ),
  get('/api/operations', { window: WINDOW, service: text, limit: LIMIT, cursor: CURSORS.list }, ({ live, query }) => {
    const windowSeconds = query.number('window');
    const all = operationRows(live.derived, seconds(live), windowSeconds, query.text('service'));
    const { page, next } = pageOf(all, query);
    return { timeMs: live.now(), windowSeconds, operations: page.map(({ errors, inFlight, ...row }) => row), next };
  }),
  get('/api/topology', { window: WINDOW }, ({ live, query }) => {
    const windowSeconds = query.number('window');
    return { timeMs: live.now(), windowSeconds, ...topology(live.derived, seconds(live), windowSeconds) };
  }),
  get('/api/notable', { service: text }, ({ live, query }) => notable(live.derived, seconds(live), query.text('service'))),
  get('/api/errors', { service: text, limit: LIMIT }, ({ live, query }) => ({
    groups: errorGroups(live.derived, query.text('service'), query.number('limit')),
  })),

  get(
    '/api/traces',
    {
      service: text,
      operation: text,
      status: STATUS,
      minDurationMs: { type: 'number', minimum: 0 },
      maxDurationMs: { type: 'number', minimum: 0 },
      attribute: ATTRIBUTES,
      from: TIME,
      to: TIME,
      limit: LIMIT,
      cursor: CURSORS.traces,
    },
    ({ live, query }) => {
      const filter: SpanFilter = {
        service: query.text('service'),
        operation: query.text('operation'),
        status: statusCode(query),
        minDurationMs: query.number('minDurationMs'),
        maxDurationMs: query.number('maxDurationMs'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
        attributes: query.list('attribute'),
      };
      return searchTraces(live, filter, query.number('limit'), query.text('cursor'));
    },
  ),
  get('/api/traces/follow', { service: text, status: STATUS }, ({ live, query, response }) => {
    followSpans(live, { ...ANY_SPAN, service: query.text('service'), status: statusCode(query) }, response);
    return undefined;
  }),
  get('/api/traces/{traceId}', {}, ({ live, path }) => tracesData(rowRefs(heldByBlock(live, path.traceId)))),
  get('/api/traces/{traceId}/analysis', {}, async ({ live, path: { traceId = '' } }) => {
    const tree = await inSlices(treeSteps(heldByBlock(live, traceId)));
    return inSlices(analysisSteps(traceId, tree));
  }),
  get('/api/traces/{traceId}/waterfall', { attribute: ATTRIBUTES }, async ({ live, path: { traceId = '' }, query }) => {
    const tree = await inSlices(treeSteps(heldByBlock(live, traceId)));
    return inSlices(waterfallSteps(traceId, tree, query.list('attribute')));
  }),
  get('/api/traces/{traceId}/spans/{spanId}', {}, ({ live, path }) => {
    const spanId = path.spanId ?? '';
    if (!SPAN_ID.pattern.test(spanId)) throw new BadRequestError('a span id has 16 lower-case hexadecimal digits');
    const rows = rowsOfSpan(heldByBlock(live, path.traceId), spanId);
    if (rows.length === 0) throw new NotFoundError(`the trace holds no span ${spanId}`);
    return tracesData(rows);
  }),

  get(
    '/api/logs',
    {
      text,
      level: LEVEL,
      service: text,
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      from: TIME,
      to: TIME,
      limit: LIMIT,
      cursor: CURSORS.logs,
    },
    ({ live, query }) => {
      const filter = {
        ...logFilter(query),
        spanId: query.text('spanId'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
      };
      return searchLogs(live, filter, query.number('limit'), query.text('cursor'));
    },
  ),
  get('/api/logs/follow', { text, level: LEVEL, service: text, traceId: TRACE_ID }, ({ live, query, response }) => {
    followLogs(live, logFilter(query), response);
    return undefined;
  }),

  get('/api/metrics', { service: text }, ({ live, query }) => ({ metrics: listMetrics(live, query.text('service')) })),
  get(
    '/api/metrics/{name}',
    {
      service: text,
      attribute: ATTRIBUTES,
      groupBy: { type: 'list', pattern: /^.*$/ },
      from: TIME,
      to: TIME,
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
      points: { type: 'integer', minimum: 1, maximum: 10000, default: 1000 },
    },
    ({ live, query, path }) => {
      return metricSeries(live, path.name ?? '', {
        service: query.text('service'),
        attributes: query.list('attribute'),
        groupBy: query.list('groupBy'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
        limit: query.number('limit'),
        points: query.number('points'),
      });
    },
  ),

  get(
    '/api/export',
    {
      signal: { type: 'one of', values: SIGNALS, default: 'traces' },
      service: text,
      traceId: TRACE_ID,
      from: TIME,
      to: TIME,
      limit: { type: 'integer', minimum: 1, maximum: 100000, default: 10000 },
    },
    ({ live, query, response }) => {
      const signal = query.text('signal');
      const filter = {
        service: query.text('service'),
        traceId: query.text('traceId'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
      };
      response.setHeader('content-disposition', `attachment; filename="${signal}.json"`);
      return exportRows(live, signal, filter, query.number('limit'));
    },
  ),
  {
    method: 'POST',
    path: '/api/import',
    params: {},
    async handle({ ingest, key, request }) {
      const inFlight = ingest.inFlight.open(key.name);
      try {
        const body = await readBody(request, inFlight);
        return await importRows(ingest, key, parsed(body));
      } finally {
        inFlight.close();
      }
    },
  },
];

/** @throws BadRequestError */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new BadRequestError(`the body is not JSON: ${(error as Error).message}`);
  }
}
