import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../telemetry/root.ts';
import { ALERT_GROUPS, ALERT_NAMES, ALERTS } from './alerts.ts';
import { EXAMPLES, INHIBITIONS, ROUTES } from './routes.ts';
import { ruleFiles } from './rule-files.ts';
import type { Alert } from './rules/alert.ts';
import { seconds } from './rules/burn.ts';
import type { AlertingRule } from './rules/rule.ts';
import { SLOS } from './slos.ts';

const FOLDER = join(ROOT, 'docs/runbooks');
const runbooks = readdirSync(FOLDER).map((file) => file.replace(/\.md$/, ''));
const rows: [string, Alert][] = Object.entries(ALERTS);
const at = { grafana: 'http://localhost:3000', jaeger: 'http://localhost:16686', live: 'http://localhost:4319' };
const rules = [...ruleFiles(at).values()]
  .flatMap(({ groups }) => groups.flatMap((group) => group.rules))
  .filter((rule): rule is AlertingRule => 'alert' in rule);
const severities = (name: string) => rules.filter(({ alert }) => alert === name).map(({ labels }) => labels.severity);

describe.each(ALERT_NAMES)('%s', (name) => {
  it('has its runbook docs/runbooks/<name>.md', () => {
    expect(runbooks).toContain(name);
  });

  it('has a rule, whose links lead to a dashboard and to its runbook', () => {
    const own = rules.filter(({ alert }) => alert === name);
    expect(own.length).toBeGreaterThan(0);
    for (const { annotations } of own) {
      expect(annotations.dashboard_url).toMatch(/^http:\/\/localhost:3000\/d\//);
      expect(annotations.runbook_url).toBe(`http://localhost:4319/runbooks/${name}`);
      // A placeholder in quotes of its own would be escaped inside a link's JSON, and never be filled in.
      for (const url of Object.values(annotations)) expect(url.replace(/\{\{.*?\}\}/g, '')).not.toMatch(/[{}]{2}|\\"/);
    }
  });
});

describe.each(runbooks)('docs/runbooks/%s.md', (name) => {
  const text = readFileSync(join(FOLDER, `${name}.md`), 'utf8');

  it('is that of an alert', () => {
    expect(ALERT_NAMES).toContain(name);
    expect(text.startsWith(`# ${name}\n`)).toBe(true);
  });

  it('says what it means, how to see it, the first three commands, and how to end it', () => {
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
      'What it means',
      'How to see it',
      'First three commands',
      'How to end it',
    ]);
    const [, commands = ''] = /```sh\n([\s\S]+?)\n```/.exec(text) ?? [];
    expect(commands.split('\n')).toHaveLength(3);
  });
});

describe.each(rows)('the row %s', (_, row) => {
  it('has a scenario in which it fires and then resolves, and says what it measures while all is well', () => {
    expect(row.healthy.length).toBeGreaterThan(0);
    const resolves = row.scenarios.filter(({ firing, quiet }) => firing.length > 0 && Math.max(...quiet) > Math.max(...firing));
    expect(resolves.length, 'no scenario ends quiet after firing').toBeGreaterThan(0);
  });

  it('tells a symptom in one sentence, with labels that its alerts have', () => {
    expect(row.symptom).toMatch(/^\S.*\.$/);
    expect(row.symptom).not.toMatch(/_total|_seconds|_bytes|rate\(/);
    const labels = [...`${row.symptom} ${JSON.stringify(row.links)}`.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    const fired = row.scenarios.filter(({ firing }) => firing.length > 0);
    for (const { labels: own } of fired) expect(Object.keys(own)).toEqual(expect.arrayContaining(labels));
  });

  it('says why it waits and why it goes on firing', () => {
    for (const [duration, reason] of [row.for, row.keepFiringFor]) {
      expect(seconds(duration)).toBeGreaterThanOrEqual(0);
      expect(reason.length).toBeGreaterThan(10);
    }
  });
});

describe('the tables', () => {
  it('name no alert twice', () => {
    const names = [
      ...Object.values(ALERT_GROUPS).flatMap((group) => Object.keys(group)),
      ...Object.values(SLOS).map(({ alert }) => alert),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the routes', () => {
  it('know every severity', () => {
    const used = new Set(rules.map(({ labels }) => labels.severity));
    expect(ROUTES.map(({ severity }) => severity).sort()).toEqual([...used].sort());
    expect(new Set(EXAMPLES.map(({ receiver }) => receiver))).toEqual(used);
  });

  it('let nothing silence what is more urgent than itself', () => {
    for (const { firing, silences } of INHIBITIONS)
      for (const name of firing)
        if (!severities(name).includes('page'))
          for (const silenced of silences) expect(severities(silenced)).not.toContain('page');
  });

  it('let an alert silence others only by labels that it has itself', () => {
    for (const { firing, same } of INHIBITIONS)
      for (const name of firing) {
        const row = ALERTS[name as keyof typeof ALERTS];
        for (const { labels } of row.scenarios) expect(Object.keys(labels)).toEqual(expect.arrayContaining([...same]));
      }
  });
});
