import { beforeAll, describe, expect, it } from 'vitest';
import { ANY_LOG, searchLogs } from '../query/logs.ts';
import { ANY_SPAN } from '../query/match.ts';
import { listMetrics, metricSeries } from '../query/metrics.ts';
import { Live } from '../receive/live.ts';
import { atOnce } from '../store/slices.ts';
import { logs, metrics, newId, traces } from '../testing/requests.ts';
import { treeSteps } from '../trace/build-tree.ts';
import { searchTraces } from '../trace/search.ts';
import { rowsByBlock } from '../trace/trace-rows.ts';
import { exportRows } from './export.ts';

const SERVICES = 5000;
const CAPS = { traces: 2 ** 27, metrics: 2 ** 27, logs: 2 ** 27 };
const NO_BOUNDS = { traceId: '', fromMs: Number.NaN, toMs: Number.NaN };

/** More services than have a ring of their own, and than numbers are derived for. */
describe('of a trace over 5,000 services', () => {
  const live = new Live(CAPS);
  const trace = newId(32);
  const nowMs = Date.now();
  const service = (n: number): string => `service-${n}`;

  beforeAll(() => {
    const all = Array.from({ length: SERVICES }, (_, n) => service(n));
    live.take('traces', Buffer.concat(all.map((name) => traces(name, [{ trace, name: `of ${name}` }]))), 'key');
    live.take('logs', Buffer.concat(all.map((name) => logs(name, [{ body: `of ${name}`, trace }]))), 'key');
    const gauge = { name: 'load', gauge: { dataPoints: [{ asInt: '7', timeUnixNano: `${nowMs}000000` }] } };
    live.take('metrics', Buffer.concat(all.map((name) => metrics(name, [gauge]))), 'key');
  });

  it.each([0, 999, 1000, 1001, 4999])('the spans, logs and points of service %i are found by its name, and only they', (n) => {
    const name = service(n);
    expect(searchTraces(live, { ...ANY_SPAN, service: name }, 10, '').traces).toMatchObject([
      { traceId: trace, spans: SERVICES },
    ]);
    expect(searchLogs(live, { ...ANY_LOG, service: name }, 10, '').logs).toMatchObject([{ service: name, body: `of ${name}` }]);
    expect(listMetrics(live, name)).toMatchObject([{ name: 'load', services: [name], points: 1 }]);
    const query = { service: name, attributes: [], groupBy: [], fromMs: Number.NaN, toMs: Number.NaN, limit: 10, points: 10 };
    expect(metricSeries(live, 'load', query)).toMatchObject({ series: [{ service: name }] });
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      const exported = JSON.stringify(exportRows(live, signal, { ...NO_BOUNDS, service: name }, 10));
      expect(exported.match(/service-\d+/g)?.filter((one) => one !== name)).toEqual([]);
      expect(exported).toContain(`"stringValue":"${name}"`);
    }
  });

  it('a service that sent nothing is not found', () => {
    expect(searchTraces(live, { ...ANY_SPAN, service: 'service-5000' }, 10, '').traces).toEqual([]);
    expect(searchLogs(live, { ...ANY_LOG, service: 'service-5000' }, 10, '').logs).toEqual([]);
  });

  it('the list and the tree have each service by its name', () => {
    const [found] = searchTraces(live, ANY_SPAN, 10, '').traces;
    expect(new Set(found?.services.map((one) => one.service))).toEqual(
      new Set(Array.from({ length: SERVICES }, (_, n) => service(n))),
    );
    expect(new Set(atOnce(treeSteps(rowsByBlock(live, trace))).services).size).toBe(SERVICES);
  });
});
