import { describe, expect, it } from 'vitest';
import { variable } from '../names/links.ts';
import { linkQueries, panelQueries } from './queries.ts';
import { expand, substitute } from './substitute.ts';

const context = {
  traceId: 'a'.repeat(32),
  span: { name: 'POST /orders', tags: { service_name: 'orders', 'http.route': '/orders' } },
};
const panels = await panelQueries(context);
const links = await linkQueries(context);

describe('variables', () => {
  it('are filled in with and without braces', () => {
    expect(substitute(`{a=~"$service"} ${variable('__span.traceId')}`, { service: '.+', '__span.traceId': 'abc' })).toBe(
      '{a=~".+"} abc',
    );
  });

  it('that stand for a group of a regular expression stay', () => {
    expect(substitute('label_replace(up, "a", "$1 x", "b", "(.*)")', {})).toContain('"$1 x"');
  });

  it('without a value are an error that names them', () => {
    expect(() => substitute('up{a="$nobody"}', {})).toThrow('$nobody');
  });

  it('of the environment are expanded in provisioning files, and a doubled $ is a plain one', () => {
    const raw = variable('__value.raw');
    expect(expand(`http://localhost:${variable('PORT')}/$PORT/$${raw}$$`, { PORT: '3000' })).toBe(
      `http://localhost:3000/3000/${raw}$`,
    );
  });
});

describe('queries', () => {
  it('cover every dashboard, and every store where traces and logs are shown', () => {
    const covered = new Set(panels.map(({ dashboard, datasource }) => `${dashboard} ${datasource}`));
    const stores = ['prometheus', 'loki', 'jaeger'];
    expect([...covered].sort()).toEqual(
      [
        ...['service', 'shop', 'trace'].flatMap((board) => stores.map((store) => `${board} ${store}`)),
        ...['database', 'host'].flatMap((board) => [`${board} loki`, `${board} prometheus`]),
        'pipeline prometheus',
        'slos prometheus',
      ].sort(),
    );
  });

  it('have no variable left', () => {
    for (const query of [...panels, ...links]) expect(JSON.stringify(query)).not.toMatch(/\$(?!\d)/);
  });

  it('of a panel with exemplars ask for those too', () => {
    const asked = panels
      .filter(({ dashboard, panel }) => dashboard === 'shop' && panel === 'Duration: p50, p95, p99')
      .map((q) => ('kind' in q ? q.kind : ''));
    expect(asked).toEqual(['range', 'exemplars', 'range', 'exemplars', 'range', 'exemplars']);
  });

  it('may have an empty answer only where the table says why', () => {
    const excused = new Set(panels.filter(({ mayBeEmpty }) => mayBeEmpty).map(({ panel }) => panel));
    const ofBrowsers = [
      'Duration of a request, p95: seen by the browser against measured by the shop',
      'Clicks a minute',
      'Layout shift, p75',
    ];
    const ofFaults = ['Firing alerts', 'Calls that failed', 'Slow traces', 'Failed traces'];
    const marks = ['Faults', 'Deploys', 'Alerts'].map((name) => `annotation ${name}`);
    const ofDatabase = ['Slow statements, waits and errors', 'Replicas behind', 'Lines by syslog'];
    expect([...excused].sort()).toEqual([...ofBrowsers, ...ofFaults, ...ofDatabase, ...marks, 'Shipper: bytes behind'].sort());
  });

  it('of a search hand tags to Jaeger as JSON', () => {
    const failed = panels.find(({ panel }) => panel === 'Failed traces');
    expect(failed).toMatchObject({
      datasource: 'jaeger',
      kind: 'search',
      search: { service: 'storefront', tags: '{"error":"true"}' },
    });
  });

  it('of a span find its logs by the trace, its metrics by its attributes and name', () => {
    expect(links[0]).toMatchObject({ datasource: 'loki', query: `{service_name=~".+"} | trace_id="${context.traceId}"` });
    const metrics = links.flatMap((q) => (q.datasource === 'prometheus' ? [q.query] : []));
    expect(metrics).toHaveLength(3);
    for (const query of metrics) expect(query).toContain('service_name="orders", span_name="POST /orders"');
  });
});
