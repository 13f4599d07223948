import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../telemetry/root.ts';
import { DASHBOARD_UIDS, DATASOURCES } from '../names/datasources.ts';

const { linkPatterns, menu } = JSON.parse(await readFile(join(ROOT, 'jaeger-ui.json'), 'utf8'));
const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const trace: Record<string, string | number> = {
  traceID: '5b8efff798038103d269b633813fc60c',
  startTime: start * 1000,
  endTime: (start + 250) * 1000,
};

/** Fills in a pattern as Jaeger's page does: a field of the trace through its formatters, percent-encoded. */
function fillIn(pattern: string): URL {
  const formatters: Record<string, (value: number, by: string) => string | number> = {
    add: (value, by) => value + Number(by),
    epoch_micros_to_date_iso: (value) => new Date(value / 1000).toISOString(),
  };
  const filled = pattern.replace(/#\{([^}]*)\}/g, (_, inside: string) => {
    const [field = '', ...steps] = inside.split('|').map((part) => part.trim());
    const value = steps.reduce<string | number | undefined>((v, step) => {
      const [name = '', by = ''] = step.split(' ');
      return formatters[name]?.(Number(v), by);
    }, trace[field]);
    return encodeURIComponent(String(value));
  });
  return new URL(filled);
}

const pattern = (text: string): string => linkPatterns.find((one: { text: string }) => one.text === text).url;

it("a trace's page leads to the live view's page of it, and the menu to both tools", () => {
  expect(fillIn(pattern('Live view')).pathname).toBe(`/traces/${trace.traceID}`);
  expect(menu.map(({ label }: { label: string }) => label)).toEqual(['Grafana', 'Live view']);
});

it("a trace's page leads to the trace dashboard around the time of the trace", () => {
  const { pathname, searchParams } = fillIn(pattern('Logs and metrics in Grafana'));
  expect(pathname).toBe(`/d/${DASHBOARD_UIDS.trace}`);
  expect(Object.fromEntries(searchParams)).toEqual({
    'var-traceId': trace.traceID,
    from: '2026-01-02T03:03:35.678Z',
    to: '2026-01-02T03:04:35.928Z',
  });
});

it("a trace's page leads to its logs in Explore around the time of the trace", () => {
  const panes = JSON.parse(fillIn(pattern("Logs in Grafana's Explore")).searchParams.get('panes') ?? '');
  expect(panes.one).toEqual({
    datasource: DATASOURCES.loki.uid,
    queries: [
      {
        refId: 'A',
        datasource: DATASOURCES.loki,
        expr: `{service_name=~".+"} | trace_id="${trace.traceID}"`,
        queryType: 'range',
      },
    ],
    range: { from: '2026-01-02T03:03:35.678Z', to: '2026-01-02T03:04:35.928Z' },
  });
});
