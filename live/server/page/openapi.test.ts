import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParamSpec } from '../query/query.ts';
import { faults, type Operation, openApi, type Parameter, resolve, type Schema } from '../testing/openapi.ts';
import { attributes, logs, metrics, newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';
import { ROUTES } from './routes.ts';

/** Answered by the server itself, before the table of routes. */
const BUILT_IN = [
  'GET /healthz',
  'GET /login',
  'POST /api/login-links',
  'GET /api/session',
  'DELETE /api/session',
  'GET /api/openapi.yml',
  'GET /metrics',
];

const documented = Object.entries(openApi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
);

const jsonSchema = (operation: Operation, status: string): Schema | undefined =>
  operation.responses[status]?.content?.['application/json']?.schema;

function asSchema(spec: ParamSpec): Schema {
  switch (spec.type) {
    case 'one of':
      return { type: 'string', enum: [...spec.values], ...('default' in spec ? { default: spec.default } : {}) };
    case 'integer':
      return { type: 'integer', minimum: spec.minimum, maximum: spec.maximum, default: spec.default };
    case 'number':
      return { type: 'number', ...(spec.minimum === undefined ? {} : { minimum: spec.minimum }) };
    case 'list':
      return { type: 'array', items: { type: 'string', pattern: spec.pattern.source } };
    default:
      return { type: 'string', ...(spec.pattern === undefined ? {} : { pattern: spec.pattern.source }) };
  }
}

describe('openapi.yml', () => {
  it('has every path of the server and no other', () => {
    const served = [...ROUTES.map(({ method, path }) => `${method} ${path}`), ...BUILT_IN].sort();
    expect(documented.map(({ name }) => name).sort()).toEqual(served);
  });

  it.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))('has the parameters of %s', (name, route) => {
    const operation = documented.find((one) => one.name === name)?.operation;
    const parameters = (operation?.parameters ?? []).map((one) => resolve<Parameter>(one));
    const inQuery = parameters.filter((one) => one.in === 'query').map(({ name: of, schema }) => [of, schema]);
    const expected = Object.entries(route.params).map(([of, spec]) => [of, asSchema(spec)]);
    expect(Object.fromEntries(inQuery)).toEqual(Object.fromEntries(expected));
    const inPath = parameters.filter((one) => one.in === 'path').map(({ name: of }) => of);
    expect(inPath).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, of]) => of));
  });
});

describe('responses', () => {
  const trace = newId(32);
  const root = newId(16);
  let live: Running;

  beforeAll(async () => {
    live = await run({ links: { grafana: 'http://127.0.0.1:3000/trace/{traceId}' } });
    const child = { trace, parent: root, kind: 3, attributes: { 'db.system.name': 'postgresql' } };
    await live.post('/v1/traces', traces('shop', [{ trace, id: root, error: true, durationMs: 50 }, child]));
    await live.post('/v1/logs', logs('shop', [{ body: 'it broke', severity: 17, trace, span: root, attributes: { n: 1 } }]));
    const exemplars = [{ timeUnixNano: '1', asDouble: 0.2, traceId: trace, spanId: root }];
    const times = { startTimeUnixNano: '1', timeUnixNano: `${Date.now()}000000` };
    const histogram = {
      ...times,
      count: '3',
      sum: 0.6,
      bucketCounts: ['1', '2'],
      explicitBounds: [0.1],
      exemplars,
      attributes: attributes({ route: '/' }),
    };
    const points = [
      { name: 'latency', unit: 's', histogram: { dataPoints: [histogram], aggregationTemporality: 2 } },
      { name: 'queue', gauge: { dataPoints: [{ ...times, asInt: '4' }] } },
    ];
    await live.post('/v1/metrics', metrics('shop', points));
    await live.post('/v1/traces', Buffer.from([1]), { authorization: 'Bearer wrong' });
  });
  afterAll(() => live.close());

  // Those of the watched database are held against it in database-routes.test.ts.
  const paths = documented.filter(({ name }) => name.startsWith('GET /api/') && !/follow|openapi|database/.test(name));
  it.each(paths.map(({ name, path, operation }) => [name, path, operation] as const))(
    'of %s are as documented, and not empty',
    async (_, path, operation) => {
      const query = path === '/api/services' ? '?history=5' : '';
      const real = path.replace('{traceId}', trace).replace('{spanId}', root);
      const response = await live.get(real.replace('{name}', 'latency') + query);
      expect(response.status).toBe(200);
      const body: unknown = await response.json();
      expect(faults(body, jsonSchema(operation, '200') ?? {})).toEqual([]);
      for (const list of Object.values(body as object).filter(Array.isArray)) {
        if (!['cycles', 'orphans', 'skewed', 'shiftsMs'].some((name) => (body as Record<string, unknown>)[name] === list))
          expect(list).not.toEqual([]);
      }
    },
  );

  it('of POST are as documented', async () => {
    const exported = await (await live.get('/api/export')).text();
    const imported = await live.get('/api/import', { method: 'POST', body: exported });
    expect(imported.status).toBe(200);
    expect(faults(await imported.json(), jsonSchema(openApi.paths['/api/import']?.post as Operation, '200') ?? {})).toEqual([]);
    const link = await live.get('/api/login-links', { method: 'POST' });
    expect(link.status).toBe(201);
    expect(faults(await link.json(), jsonSchema(openApi.paths['/api/login-links']?.post as Operation, '201') ?? {})).toEqual([]);
  });

  it.each([
    ['/api/traces?limit=0', 400, 'bad_request', 'limit=0: must be an integer from 1 to 1000'],
    ['/api/traces?servce=shop', 400, 'bad_request', 'unknown parameter "servce"'],
    ['/api/traces?cursor=x', 400, 'bad_request', 'cursor=x: take it from `next`'],
    ['/api/traces?limit=', 400, 'bad_request', 'limit=: must be an integer'],
    ['/api/traces?limit=1.5', 400, 'bad_request', 'limit=1.5: must be an integer'],
    ['/api/traces?limit=1&limit=2', 400, 'bad_request', 'limit is given more than once'],
    ['/api/traces?minDurationMs=1e999', 400, 'bad_request', 'must be a number'],
    ['/api/traces?attribute=', 400, 'bad_request', 'attribute=: must match'],
    ['/api/logs?traceId=', 400, 'bad_request', 'traceId=: must match'],
    ['/api/traces?status=bad', 400, 'bad_request', 'unset, ok, error'],
    ['/api/traces/xyz', 400, 'bad_request', '32'],
    [`/api/traces/${'ab'.repeat(16)}`, 404, 'not_found', 'evicted'],
    ['/api/metrics/none', 404, 'not_found', 'none'],
    ['/api/nothing', 404, 'not_found', '/api/nothing'],
    ['/api/import', 405, 'method_not_allowed', 'POST'],
    ['/api/metrics/%zz', 400, 'bad_request', 'encoded'],
  ])('to a wrong request say what to do: %s', async (path, status, code, part) => {
    const response = await live.get(path);
    const body = (await response.json()) as { error: { code: string; message: string } };
    expect([response.status, body.error.code]).toEqual([status, code]);
    expect(body.error.message).toContain(part);
    expect(faults(body, { $ref: '#/components/schemas/Error' })).toEqual([]);
  });

  it.each(['/api/traces?limit=1e2', '/api/traces?limit=10.0', '/api/traces?from=-1.5e-3&to=1E15', '/api/metrics/queue?groupBy='])(
    'are given for numbers in any form that JSON has, and for an empty grouping: %s',
    async (path) => expect((await live.get(path)).status).toBe(200),
  );

  it.each([
    ['TRACE', '/api/traces', 'GET'],
    ['DELETE', '/api/import', 'POST'],
    ['PUT', '/api/session', 'GET, DELETE'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/logs', 'GET, HEAD'],
  ])('to %s of %s say which methods there are', async (method, path, allow) => {
    // fetch refuses to send TRACE.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method, headers: { authorization: `Bearer ${live.key}` } };
      request(live.url + path, options, resolve)
        .on('error', reject)
        .end();
    });
    answer.resume();
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
  });

  it.each(['{}', '{"resourceSpan":[]}', '[]', 'null', '"x"'])(
    'to an import that holds nothing say what it should: %s',
    async (body) => {
      const response = await live.get('/api/import', { method: 'POST', body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('resourceSpans');
    },
  );

  it('are there in text too: health, own metrics, this very file', async () => {
    expect(await (await fetch(`${live.url}/healthz`)).text()).toBe('ok\n');
    const own = await (await live.get('/metrics')).text();
    expect(own).toMatch(/sightline_live_items_received_total\{signal="traces",key="default"\} \d+/);
    expect(own).toContain('sightline_live_requests_total{signal="traces",transport="http",key="",outcome="unauthorized"} 1');
    expect(own).toContain('sightline_live_event_loop_lag_seconds');
    expect(await (await live.get('/api/openapi.yml')).text()).toContain('openapi: 3.1.0');
  });
});
