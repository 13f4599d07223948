import { dashboardJson, dashboards } from './dashboards/dashboards.ts';
import { jaegerUi } from './dashboards/jaeger-ui.ts';
import { addressesOf } from './names/links.ts';
import { RULES_FOLDER, ruleFiles, ruleTestFiles } from './rule-files.ts';
import { alertmanagerConfig } from './rules/alertmanager.ts';
import { yamlFile } from './rules/rule.ts';
import { tlsFiles } from './tls.ts';

/** Where Grafana's provider file and the generated dashboards are. */
export const DASHBOARD_FOLDER = 'grafana-dashboards';

/**
 * Every generated file: its path from the project's root and its text. `env` is what .env holds; its ports stand in the links.
 * The generated JSON has not been opened in a Grafana by the tests, which have none: they hold it against Grafana's types and the rules
 * in dashboards.test.ts, and `verify` asks the data sources every query in it.
 */
export function generatedFiles(env: Record<string, string | undefined>): Map<string, string> {
  const at = addressesOf(env);
  const json = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`;
  return new Map([
    ...dashboards(at).map((table) => [`${DASHBOARD_FOLDER}/${table.uid}.json`, json(dashboardJson(table, at))] as const),
    ['jaeger-ui.json', json(jaegerUi(at))],
    // As it is while nobody is to be told; `init` writes the one that runs.
    ['alertmanager.yml', yamlFile(alertmanagerConfig({}))],
    ...tlsFiles(),
    ...[...ruleFiles(at)].map(([name, rules]) => [`${RULES_FOLDER}/${name}`, yamlFile(rules)] as const),
    ...[...ruleTestFiles()].map(([name, tests]) => [`${RULES_FOLDER}/tests/${name}`, yamlFile(tests)] as const),
  ]);
}
