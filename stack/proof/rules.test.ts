import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ruleFiles } from '../../monitoring/rule-files.ts';
import { alertmanagerConfig } from '../../monitoring/rules/alertmanager.ts';
import { yamlFile } from '../../monitoring/rules/rule.ts';
import { addresses } from '../compose/addresses.ts';
import { exampleLabels, filledIn } from './alert-links.ts';
import type { RuleGroup } from './answers.ts';
import { mostValues } from './budgets.ts';
import { different } from './rules.ts';
import { stores } from './stores.ts';

const at = { grafana: 'http://localhost:3000', jaeger: 'http://localhost:16686', live: 'http://localhost:4319' };
const made = [...ruleFiles(at).values()].flatMap(({ groups }) => groups);
/** As Prometheus tells of them once all are loaded. */
const loaded = (): RuleGroup[] =>
  made.map(({ name, rules }) => ({
    name,
    interval: 15,
    rules: rules.map((rule) => ({
      type: 'alert' in rule ? 'alerting' : 'recording',
      name: 'alert' in rule ? rule.alert : rule.record,
      query: rule.expr,
      health: 'ok',
    })),
  }));

describe('the rules of Prometheus', () => {
  it('are right when each is loaded and none errs', () => {
    expect(different(loaded())).toEqual([]);
  });

  it('are told by name where a group, or a rule of it, is not loaded', () => {
    expect(different(loaded().filter(({ name }) => name !== 'services'))).toEqual(['the group "services" is not loaded']);
    const without = loaded().map((group) => ({ ...group, rules: group.rules.filter(({ name }) => name !== 'ServiceSlow') }));
    expect(different(without)).toEqual([expect.stringContaining('the group "services" has no ServiceSlow')]);
  });

  it('are told with their error where they err', () => {
    const groups = loaded();
    Object.assign(groups[0]?.rules[0] ?? {}, { health: 'err', lastError: 'many-to-many matching not allowed' });
    expect(different(groups)).toEqual([expect.stringMatching(/^\S+: many-to-many matching not allowed$/)]);
  });
});

describe('the links of an alert', () => {
  const alerts = made.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule));

  it('are addresses once filled in, for every alert', () => {
    for (const { alert, annotations } of alerts)
      for (const [, text] of Object.entries(annotations).filter(([key]) => key.endsWith('_url'))) {
        const url = filledIn(text, exampleLabels(alert), 1_800_000_000);
        expect(url).not.toContain('{{');
        expect(URL.canParse(url), url).toBe(true);
      }
  });

  it('have the times that Prometheus would write', () => {
    const { annotations } = alerts.find(({ alert }) => alert === 'ServiceErrors') ?? expect.fail();
    expect(filledIn(annotations.dashboard_url ?? '', { service_name: 'orders' }, 1_800_000_000)).toBe(
      'http://localhost:3000/d/service?var-service=orders&from=1799999100000&to=1800000000000',
    );
  });

  it('want every label that they name', () => {
    expect(() => filledIn('http://localhost/{{ $labels.job }}', {})).toThrow('nothing to put for {{ $labels.job }}');
  });
});

describe('a budget of series', () => {
  it('is told with the label that has the most values', () => {
    const series = ['a', 'b', 'c'].map((user) => ({
      metric: { __name__: 'visits', user, method: 'GET' },
      value: [0, '1'] as [number, string],
    }));
    expect(mostValues(series)).toEqual({ label: 'user', values: 3, example: 'c' });
    expect(mostValues([])).toBeUndefined();
  });
});

describe('who is told of alerts', () => {
  it('is what the running Alertmanager has in its configuration', async () => {
    const config = { ALERT_WEBHOOK_URL: 'https://example.com/hook', ALERT_SLACK_CHANNEL: '#shop' };
    const original = yamlFile(alertmanagerConfig(config));
    const server = createServer((_, response) => response.end(JSON.stringify({ config: { original } }))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const alertmanager = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { receivers } = stores({ ...addresses(), alertmanager });
    expect(await receivers().finally(() => server.close())).toEqual({ page: ['webhook', 'slack'], ticket: ['slack'] });
  });
});
