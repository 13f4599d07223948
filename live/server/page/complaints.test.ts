/** What users of other viewers complained of, each as a test of this one. */
import { describe, expect, it } from 'vitest';
import { ANY_SPAN } from '../query/match.ts';
import { listMetrics, metricSeries } from '../query/metrics.ts';
import { serviceRows } from '../query/services.ts';
import { Live } from '../receive/live.ts';
import { atOnce } from '../store/slices.ts';
import { logs, newId, traces, until } from '../testing/requests.ts';
import { run } from '../testing/running.ts';
import { StreamClient, textColumn } from '../testing/stream-client.ts';
import { treeSteps } from '../trace/build-tree.ts';
import { searchTraces } from '../trace/search.ts';
import { rowsByBlock } from '../trace/trace-rows.ts';
import { waterfallSteps } from '../trace/waterfall.ts';
import { exportRows } from './export.ts';

const MEBIBYTE = 2 ** 20;

describe('"the count stops at its limit and looks dead"', () => {
  it('a full store goes on: the newest is there, received and evicted grow', () => {
    const live = new Live({ traces: MEBIBYTE / 2, metrics: MEBIBYTE, logs: MEBIBYTE });
    let newest = '';
    const totals: number[] = [];
    for (let n = 0; n < 300; n++) {
      newest = newId(32);
      live.take(
        'traces',
        traces(
          'shop',
          Array.from({ length: 50 }, () => ({ trace: newest, name: `n${Math.random()}` })),
        ),
        'key',
      );
      totals.push(live.ledger.total('traces').received);
    }
    expect(live.ledger.total('traces').evicted).toBeGreaterThan(1000);
    expect(totals).toEqual(Array.from({ length: 300 }, (_, n) => (n + 1) * 50));
    expect(searchTraces(live, ANY_SPAN, 1, '').traces[0]?.traceId).toBe(newest);
    expect(serviceRows(live.derived, live.now() / 1000, 60)[0]?.requests).toBe(15_000);
  });
});

describe('"live panels stop"', () => {
  it('a client that was away goes on where things are now', async () => {
    const live = await run();
    const client = await StreamClient.connect(live);
    client.acknowledging = false;
    await client.subscribe([{ view: 'services' }]);
    for (let n = 0; n < 10; n++) await live.post('/v1/traces', traces(`s${n}`, [{}]));
    await until(() => client.frames.length === 2, 'two frames');
    client.acknowledging = true;
    client.send({ ack: 2 });
    await until(() => textColumn(client.sections('services').at(-1), 'service').includes('s9'), 'the present');
    client.close();
    await live.close();
  });
});

describe('"a large trace crashes it"', () => {
  it('100,000 spans of one trace are taken, searched, shown and exported', () => {
    const live = new Live({ traces: 128 * MEBIBYTE, metrics: MEBIBYTE, logs: MEBIBYTE });
    const trace = newId(32);
    const root = newId(16);
    live.take('traces', traces('big', [{ trace, id: root, durationMs: 5000 }]), 'key');
    const batch = Array.from({ length: 5000 }, () => ({ trace, parent: root }));
    for (let n = 0; n < 20; n++)
      live.take(
        'traces',
        traces(
          `part-${n % 4}`,
          batch.map((span) => ({ ...span, id: newId(16) })),
        ),
        'key',
      );
    expect(searchTraces(live, ANY_SPAN, 1, '').traces[0]).toMatchObject({ traceId: trace, spans: 100_001 });
    const shape = atOnce(waterfallSteps(trace, atOnce(treeSteps(rowsByBlock(live, trace))), []));
    expect(JSON.parse(shape.toString()).spanIds).toHaveLength(100_001);
    expect(shape.length).toBeLessThan(8_000_000);
  });
});

describe('"oversized attributes"', () => {
  it('a value of 20 MiB in a store of 1 MiB costs its own service its rows, and no other', () => {
    const live = new Live({ traces: MEBIBYTE, metrics: MEBIBYTE, logs: MEBIBYTE });
    live.take('traces', traces('small', [{}]), 'key');
    live.take('traces', traces('large', [{ attributes: { blob: 'x'.repeat(20 * MEBIBYTE) } }]), 'key');
    expect(live.traces.bytes).toBeLessThanOrEqual(MEBIBYTE);
    expect(live.traces.services()).toEqual(['small']);
    expect(live.ledger.total('traces')).toEqual({ received: 2, held: 1, evicted: 1, rejected: 0, duplicate: 0 });
  });
});

describe('"it crashes on valid input"', () => {
  const store = (): Live => new Live({ traces: MEBIBYTE, metrics: MEBIBYTE, logs: MEBIBYTE });
  const take = (metric: object): Live => {
    const live = store();
    const json = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
    live.take('metrics', Buffer.from(json), 'key', 'json');
    return live;
  };

  it.each([
    ['a histogram without bounds', { name: 'm', histogram: { dataPoints: [{ count: '1', bucketCounts: ['1'] }] } }],
    ['a histogram without buckets', { name: 'm', histogram: { dataPoints: [{ count: '1', sum: 1 }] } }],
    ['an empty exponential histogram', { name: 'm', exponentialHistogram: { dataPoints: [{}] } }],
    ['a number point without a number', { name: 'm', gauge: { dataPoints: [{ flags: 1 }] } }],
    ['NaN and infinities', { name: 'm', gauge: { dataPoints: [{ asDouble: 'NaN' }, { asDouble: '-Infinity' }] } }],
    ['a summary without quantiles', { name: 'm', summary: { dataPoints: [{}] } }],
  ])('%s is listed, shown and exported', (_, metric) => {
    const live = take(metric);
    expect(listMetrics(live, '')).toHaveLength(1);
    const shown = metricSeries(live, 'm', {
      ...{ service: '', attributes: [], fromMs: Number.NaN, toMs: Number.NaN },
      ...{ groupBy: [], limit: 10, points: 10 },
    });
    expect(JSON.parse(JSON.stringify(shown))).toMatchObject({ series: [{ service: 'unknown_service' }] });
    const exported = exportRows(live, 'metrics', { service: '', traceId: '', fromMs: Number.NaN, toMs: Number.NaN }, 10);
    const again = store();
    again.take('metrics', Buffer.from(JSON.stringify(exported)), 'key', 'json');
    expect(listMetrics(again, '')).toEqual(listMetrics(live, ''));
  });

  it('a span without name, times, resource and scope is held', () => {
    const live = store();
    const trace = newId(32);
    const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: trace, spanId: newId(16) }] }] }] });
    live.take('traces', Buffer.from(json), 'key', 'json');
    expect(searchTraces(live, ANY_SPAN, 1, '').traces).toMatchObject([{ traceId: trace, operation: '', durationMs: 0 }]);
  });
});

describe('"lost on restart"', () => {
  it('what was exported can be imported by the next process, bit by bit the same', async () => {
    const first = await run();
    const trace = newId(32);
    await first.post('/v1/traces', traces('shop', [{ trace, error: true, attributes: { n: 1, s: 'x', b: true } }]));
    await first.post('/v1/logs', logs('shop', [{ trace, body: 'kept' }]));
    const exported = await (await first.get('/api/export')).text();
    const exportedLogs = await (await first.get('/api/export?signal=logs')).text();
    await first.close();
    const second = await run();
    const body = JSON.stringify({ ...JSON.parse(exported), ...JSON.parse(exportedLogs) });
    const imported = await second.get('/api/import', { method: 'POST', body });
    expect(await imported.json()).toMatchObject({ traces: { held: 1 }, logs: { held: 1 } });
    expect(await (await second.get('/api/export')).text()).toBe(exported);
    expect(await (await second.get('/api/export?signal=logs')).text()).toBe(exportedLogs);
    await second.close();
  });
});
