import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../telemetry/root.ts';
import { DASHBOARD_FOLDER } from '../generated.ts';
import { DASHBOARD_UIDS, DATASOURCES } from '../names/datasources.ts';
import { variable } from '../names/links.ts';
import type { Dashboard, Panel } from '../panels/grafana.ts';

const env = parseEnv(await readFile(join(ROOT, '.env'), 'utf8'));
const folder = join(ROOT, DASHBOARD_FOLDER);
const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
const boards = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Dashboard));
const panelsOf = (board: Dashboard) => board.panels.filter((panel): panel is Panel => panel.type !== 'row');
const panels = boards.flatMap((board) => panelsOf(board).map((panel) => ({ name: `${board.uid}: ${panel.title}`, panel })));

/** Every text of a JSON value that is a link. */
function urls(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(urls);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === 'url' ? [String(inner)] : urls(inner)));
}

describe('the generated dashboards', () => {
  it('are there under the uids that links use', () => {
    expect(boards.map(({ uid }) => uid).sort()).toEqual(Object.values(DASHBOARD_UIDS).sort());
  });

  it.each(boards)('$title: is classic JSON that cannot be edited in place', (board) => {
    expect(board).toMatchObject({ schemaVersion: 42, editable: false });
    expect(board.description).toBeTruthy();
  });

  it.each(boards)('$title: reads its query variables again when the time range changes', (board) => {
    for (const variable of board.templating?.list ?? []) if (variable.type === 'query') expect(variable.refresh).toBe(2);
  });

  it.each(boards)('$title: has ids and titles that occur once', (board) => {
    const ids = board.panels.map(({ id }) => id);
    const titles = board.panels.map(({ title }) => title);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(boards)('$title: has panels that neither overlap nor leave the 24 columns', (board) => {
    const taken = new Set<string>();
    for (const { gridPos, title } of board.panels) {
      const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          expect(taken.has(`${column},${line}`), `${title} at ${column},${line}`).toBe(false);
          taken.add(`${column},${line}`);
        }
    }
    expect(taken.size).toBeGreaterThan(0);
  });

  it.each(panels)('$name: has a title, a description, a unit where it draws numbers, and a link onwards', ({ panel }) => {
    expect(panel.title).toBeTruthy();
    expect(panel.description).toBeTruthy();
    if (panel.type === 'timeseries' || panel.type === 'stat') expect(panel.fieldConfig.defaults.unit).toBeTruthy();
    expect(urls(panel.links)).not.toEqual([]);
  });

  it.each(boards)('$title: marks faults, deploys and firing alerts', (board) => {
    expect(board.annotations.list.map(({ name, enable }) => [name, enable])).toEqual([
      ['Faults', true],
      ['Deploys', true],
      ['Alerts', true],
    ]);
  });

  it('show what fires on every dashboard but that of one trace, each alert with its runbook', () => {
    const firing = panels.filter(({ panel }) => panel.title === 'Firing alerts');
    expect(firing.map(({ name }) => name.split(':')[0]).sort()).toEqual(
      Object.values(DASHBOARD_UIDS)
        .filter((uid) => uid !== DASHBOARD_UIDS.trace)
        .sort(),
    );
    for (const { panel } of firing)
      expect(urls(panel.fieldConfig.overrides)).toContain(
        `http://localhost:${env.LIVE_PORT}/runbooks/${variable('__value.raw')}`,
      );
  });

  it.each(panels)('$name: asks one data source, which exists, with targets told apart', ({ panel }) => {
    expect(Object.values(DATASOURCES)).toContainEqual(panel.datasource);
    expect(panel.targets.length).toBeGreaterThan(0);
    for (const target of panel.targets) expect(target.datasource).toEqual(panel.datasource);
    const refIds = panel.targets.map(({ refId }) => refId);
    expect(new Set(refIds).size).toBe(refIds.length);
    expect(refIds).not.toContain('');
  });

  it.each(panels)('$name: lets Grafana choose the time that a rate covers', ({ panel }) => {
    for (const target of panel.targets) {
      const expression = 'expr' in target ? target.expr : '';
      for (const [, time] of expression.matchAll(/\[([^\]]*)\]/g))
        expect(['$__rate_interval', '$__range', '$__interval']).toContain(time);
    }
  });

  it('link to dashboards that exist and to the pages at the ports of .env', () => {
    const all = boards.flatMap(urls);
    expect(all.length).toBeGreaterThan(0);
    for (const url of all) {
      const { origin, pathname } = new URL(url, 'http://grafana');
      if (origin === 'http://grafana') expect(Object.values(DASHBOARD_UIDS).map((uid) => `/d/${uid}`)).toContain(pathname);
      else expect([env.JAEGER_PORT, env.LIVE_PORT].map((port) => `http://localhost:${port}`)).toContain(origin);
    }
  });

  it('open each row of a table of traces in the trace dashboard and in Jaeger', () => {
    const tables = panels.filter(({ panel }) => panel.title?.endsWith(' traces'));
    expect(tables.map(({ name }) => name)).toEqual(
      ['service', 'shop'].flatMap((board) => ['Recent', 'Slow', 'Failed'].map((kind) => `${board}: ${kind} traces`)),
    );
    for (const { panel } of tables) {
      const [toDashboard, toJaeger] = urls(panel.fieldConfig.overrides);
      const filledIn = [toDashboard, toJaeger].map((url) => url?.replace(variable('__value.raw'), 'abc'));
      expect(filledIn[0]).toMatch(/^\/d\/trace\?var-traceId=abc&from=/);
      expect(filledIn[1]).toBe(`http://localhost:${env.JAEGER_PORT}/trace/abc`);
    }
  });

  it('show the links of a log line', () => {
    const logs = panels.flatMap(({ panel }) => (panel.type === 'logs' ? [panel] : []));
    expect(logs).toHaveLength(5);
    for (const { options } of logs) expect(options.enableLogDetails).toBe(true);
  });
});

describe('the dashboard provider', () => {
  it('reads the folder that it is mounted in, and keeps what it reads from being changed in the page', async () => {
    const { providers } = parse(await readFile(join(folder, 'provider.yml'), 'utf8'));
    expect(providers).toMatchObject([{ type: 'file', allowUiUpdates: false, disableDeletion: true }]);
    expect(providers[0].options.path).toBe('/etc/grafana/provisioning/dashboards');
  });
});
