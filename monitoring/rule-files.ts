import { ALERT_GROUPS } from './alerts.ts';
import type { Addresses } from './names/links.ts';
import { alertGroup, burnGroup } from './rules/alert-rules.ts';
import { anomalyFiles } from './rules/anomaly-rules.ts';
import { anomalyTestFiles } from './rules/anomaly-tests.ts';
import { historyGroups, historyTest } from './rules/history-rules.ts';
import type { Group } from './rules/rule.ts';
import { sloGroups } from './rules/slo-rules.ts';
import { SLO_SERIES } from './rules/slo-series.ts';
import { sloTests } from './rules/slo-tests.ts';
import { alertTests, nothingAtAll, type TestFile } from './rules/tests.ts';

/** Where the generated rules are; their tests are in `tests` below it. */
export const RULES_FOLDER = 'prometheus-rules';

/** How often the rules that say nothing else are evaluated: `evaluation_interval` of prometheus.yml. */
export const EVALUATION_INTERVAL = '15s';

/** Every file of rules by name. */
export function ruleFiles(at: Addresses): Map<string, { groups: Group[] }> {
  const alerts = Object.entries(ALERT_GROUPS).map(([name, rows]) => alertGroup(name, rows, at));
  return new Map<string, { groups: Group[] }>([
    ['slos.yml', { groups: [...sloGroups(), burnGroup(at)] }],
    ['alerts.yml', { groups: alerts }],
    ['history.yml', { groups: historyGroups() }],
    ...anomalyFiles().map(([name, group]): [string, { groups: Group[] }] => [name, { groups: [group] }]),
  ]);
}

/** Every file of promtool's tests by name: one for each group of alerts, and those of the promises and the bands. */
export function ruleTestFiles(): Map<string, TestFile> {
  const file = (tests: TestFile['tests'], ...recorded: string[]): TestFile => ({
    rule_files: ['../alerts.yml', ...recorded],
    evaluation_interval: EVALUATION_INTERVAL,
    tests,
  });
  return new Map([
    ...Object.entries(ALERT_GROUPS).map(([group, rows]) => {
      const tests = Object.entries(rows).flatMap(([name, row]) => alertTests(name, row));
      // promtool evaluates all rules that it is given, at each step: those of the promises only where somebody reads what they record.
      const recorded = JSON.stringify(rows).includes(SLO_SERIES.events) ? ['../slos.yml'] : [];
      return [`${group}.yml`, file(tests, ...recorded)] as const;
    }),
    ['nothing.yml', file([nothingAtAll()], '../slos.yml')],
    ['slos.yml', { rule_files: ['../slos.yml'], evaluation_interval: '30s', tests: sloTests() }],
    ['history.yml', { rule_files: ['../history.yml'], evaluation_interval: EVALUATION_INTERVAL, tests: [historyTest()] }],
    ...anomalyTestFiles(),
  ]);
}
