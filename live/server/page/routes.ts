/** Every path of the API with what it takes: the table that a test holds against openapi.yml. */
import { ledger } from '../query/ledger.ts';
import { logSteps } from '../query/logs.ts';
import { ANY_SPAN, type SpanFilter } from '../query/match.ts';
import { metricListSteps, metricSteps } from '../query/metrics.ts';
import {
  ATTRIBUTES,
  BadRequestError,
  CURSORS,
  LEVEL,
  LIMIT,
  NotFoundError,
  SPAN_ID,
  STATUS,
  TIME,
  TRACE_ID,
  text,
} from '../query/query.ts';
import { readBody } from '../receive/read-body.ts';
import { SIGNALS } from '../store/ledger.ts';
import { followLogs, followSpans } from '../stream/follow.ts';
import { analysisSteps } from '../trace/analysis.ts';
import { treeSteps } from '../trace/build-tree.ts';
import { searchSteps } from '../trace/search.ts';
import { rowRefs, rowsOfSpan } from '../trace/trace-rows.ts';
import { waterfallSteps } from '../trace/waterfall.ts';
import { DATABASE_ROUTES } from './database-routes.ts';
import { DERIVED_ROUTES } from './derived-routes.ts';
import { exportSteps, importRows } from './export.ts';
import { get, type Route } from './route.ts';
import { heldSteps, logFilter, statusCode } from './route-inputs.ts';

export const ROUTES: readonly Route[] = [
  get('/api/health', {}, ({ vitals }) => vitals.health()),
  get('/api/ledger', {}, ({ live }) => ledger(live)),

  ...DERIVED_ROUTES,
  ...DATABASE_ROUTES,

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
    ({ live, query, slowly }) => {
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
      return slowly(searchSteps(live, filter, query.number('limit'), query.text('cursor')));
    },
  ),
  get('/api/traces/follow', { service: text, status: STATUS }, ({ live, query, response }) => {
    followSpans(live, { ...ANY_SPAN, service: query.text('service'), status: statusCode(query) }, response);
    return undefined;
  }),
  get('/api/traces/{traceId}', {}, async ({ live, path, slowly, sendRows }) => {
    await sendRows({ signal: 'traces', refs: rowRefs(await slowly(heldSteps(live, path.traceId))) });
    return undefined;
  }),
  get('/api/traces/{traceId}/analysis', {}, async ({ live, path: { traceId = '' }, slowly }) => {
    const tree = await slowly(treeSteps(await slowly(heldSteps(live, traceId))));
    return slowly(analysisSteps(traceId, tree));
  }),
  get('/api/traces/{traceId}/waterfall', { attribute: ATTRIBUTES }, async ({ live, path: { traceId = '' }, query, slowly }) => {
    const tree = await slowly(treeSteps(await slowly(heldSteps(live, traceId))));
    return slowly(waterfallSteps(traceId, tree, query.list('attribute')));
  }),
  get('/api/traces/{traceId}/spans/{spanId}', {}, async ({ live, path, slowly, sendRows }) => {
    const spanId = path.spanId ?? '';
    if (!SPAN_ID.pattern.test(spanId)) throw new BadRequestError('a span id has 16 lower-case hexadecimal digits');
    const rows = rowsOfSpan(await slowly(heldSteps(live, path.traceId)), spanId);
    if (rows.length === 0) throw new NotFoundError(`the trace holds no span ${spanId}`);
    await sendRows({ signal: 'traces', refs: rows });
    return undefined;
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
    ({ live, query, slowly }) => {
      const filter = {
        ...logFilter(query),
        spanId: query.text('spanId'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
      };
      return slowly(logSteps(live, filter, query.number('limit'), query.text('cursor')));
    },
  ),
  get('/api/logs/follow', { text, level: LEVEL, service: text, traceId: TRACE_ID }, ({ live, query, response }) => {
    followLogs(live, logFilter(query), response);
    return undefined;
  }),

  get('/api/metrics', { service: text }, async ({ live, query, slowly }) => ({
    metrics: await slowly(metricListSteps(live, query.text('service'))),
  })),
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
    ({ live, query, path, slowly }) => {
      const asked = {
        service: query.text('service'),
        attributes: query.list('attribute'),
        groupBy: query.list('groupBy'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
        limit: query.number('limit'),
        points: query.number('points'),
      };
      return slowly(metricSteps(live, path.name ?? '', asked));
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
    async ({ live, query, response, slowly, sendRows }) => {
      const signal = query.text('signal');
      const filter = {
        service: query.text('service'),
        traceId: query.text('traceId'),
        fromMs: query.number('from'),
        toMs: query.number('to'),
      };
      response.setHeader('content-disposition', `attachment; filename="${signal}.json"`);
      await sendRows(await slowly(exportSteps(live, signal, filter, query.number('limit'))));
      return undefined;
    },
  ),
  {
    method: 'POST',
    path: '/api/import',
    params: {},
    async handle({ ingest, key, request }) {
      const inFlight = ingest.inFlight.open(key.name);
      try {
        return await importRows(ingest, key, await readBody(request, inFlight));
      } finally {
        inFlight.close();
      }
    },
  },
];
