import { ALERTS } from '../../monitoring/alerts.ts';
import { ruleFiles } from '../../monitoring/rule-files.ts';
import type { Alert } from '../../monitoring/rules/alert.ts';
import { browserAddresses } from '../compose/addresses.ts';
import type { RuleGroup } from './answers.ts';
import type { Check } from './components.ts';
import { SHOWN } from './panels.ts';
import { fail, until } from './stores.ts';

/** A group that is evaluated less often may not have been since the start: its expressions are run here instead. */
const SOON_SECONDS = 30;

/** What Prometheus says of its rules: every group of every file of monitoring/ is loaded, with all its rules, and each was evaluated without an error. */
export const loadedRules: Check = {
  name: 'rules',
  needs: ['prometheus'],
  seconds: 45,
  run: async ({ stores }, seconds) => {
    const groups = await until(
      seconds,
      () => 'prometheus: not every group of rules was evaluated',
      async () => {
        const found = await stores.rules();
        const early = ({ interval, rules }: RuleGroup) =>
          interval <= SOON_SECONDS && rules.some(({ health }) => health === 'unknown');
        return found.some(early) ? undefined : found;
      },
    );
    const problems = different(groups);
    if (problems.length > 0) fail('prometheus', problems.join('; '));
    const rules = groups.flatMap((group) => group.rules);
    for (const { query } of rules.filter(({ health }) => health === 'unknown')) await stores.query(query);
    const alerts = rules.filter(({ type }) => type === 'alerting');
    return `${rules.length} rules in ${groups.length} groups, ${alerts.length} of them alerts: all loaded, none erring`;
  },
};

/** What the groups that Prometheus has lack of those that monitoring/ makes, and which of their rules err. */
export function different(groups: RuleGroup[]): string[] {
  // The bands of the other windows, of the same group, are in a file that is not loaded.
  const made = new Map(
    [...ruleFiles(browserAddresses()).values()].flatMap((file) => file.groups.map((group) => [group.name, group])),
  );
  const missing = [...made.values()].flatMap(({ name, rules }) => {
    const loaded = groups.find((group) => group.name === name);
    if (!loaded) return [`the group "${name}" is not loaded`];
    const names = loaded.rules.map((rule) => rule.name);
    const absent = rules.map((rule) => ('alert' in rule ? rule.alert : rule.record)).filter((rule) => !names.includes(rule));
    return absent.length > 0 ? [`the group "${name}" has no ${absent.join(', ')}: are its files those of npm run generate?`] : [];
  });
  const erring = groups.flatMap(({ rules }) => rules.filter(({ health }) => health === 'err'));
  return [...missing, ...erring.map(({ name, lastError }) => `${name}: ${lastError}`)];
}

/** What every alert measures has a value on live data, unless its row says why not. */
export const alertMeasures: Check = {
  name: 'what alerts measure',
  needs: SHOWN,
  seconds: 60,
  run: async ({ stores }, seconds) => {
    const rows: [string, Alert][] = Object.entries(ALERTS);
    let open = rows;
    await until(
      seconds,
      () => `prometheus: nothing to measure for ${open.map(([name]) => name).join(', ')}`,
      async () => {
        const empty: typeof rows = [];
        for (const row of open) if ((await stores.query(row[1].measure)).length === 0 && !row[1].mayBeEmpty) empty.push(row);
        open = empty;
        return open.length === 0 ? true : undefined;
      },
    );
    return `${rows.length} expressions, ${rows.filter(([, row]) => row.mayBeEmpty).length} of them may be empty`;
  },
};
