import { join } from 'node:path';
import { ANOMALY_WINDOWS } from '../../monitoring/anomalies.ts';
import { EXAMPLES } from '../../monitoring/routes.ts';
import { RULES_FOLDER, ruleTestFiles } from '../../monitoring/rule-files.ts';
import { ROOT } from '../../telemetry/root.ts';

/** One thing to check: it holds when `command` ends with 0. */
export interface Step {
  name: string;
  command: string[];
}

/**
 * Prometheus's rules and Alertmanager's routes, by their own tools from their images: promtool reads the configuration with the rules of each
 * row of ANOMALY_WINDOWS, and runs the scenarios; amtool says where each example of routes.ts would go.
 */
export function ruleSteps(env: NodeJS.ProcessEnv): Step[] {
  const { PROMETHEUS_IMAGE: prometheus = '', ALERTMANAGER_IMAGE: alertmanager = '' } = env;
  const rules = `${join(ROOT, RULES_FOLDER)}:/${RULES_FOLDER}:ro`;
  const tests = [...ruleTestFiles().keys()].map((name) => `/${RULES_FOLDER}/tests/${name}`);
  // The promises' scenarios last for days, and take as long as those of all others: beside them.
  const [days = '', others] = [
    tests.find((file) => file.endsWith('/slos.yml')),
    tests.filter((file) => !file.endsWith('/slos.yml')),
  ];
  const scenarios = `promtool test rules ${days} & promtool test rules ${others.join(' ')} && wait $!`;
  return [
    ...Object.keys(ANOMALY_WINDOWS).map((windows) => ({
      name: `prometheus.yml and its rules, with the bands for ${windows}`,
      command: inImage(prometheus, '/bin/promtool', configVolumes(windows), [
        ...['check', 'config', '--lint=all', '--lint-fatal'],
        '/etc/prometheus/prometheus.yml',
      ]),
    })),
    {
      name: 'prometheus-tls.yml and its rules',
      command: inImage(prometheus, '/bin/promtool', configVolumes('demo', 'prometheus-tls.yml'), [
        ...['check', 'config', '--lint=all', '--lint-fatal'],
        '/etc/prometheus/prometheus.yml',
      ]),
    },
    {
      name: `the scenarios of the rules, by ${prometheus}`,
      command: inImage(prometheus, '/bin/sh', [rules], ['-c', scenarios]),
    },
    {
      name: `the routes of alerts, by ${alertmanager}`,
      command: inImage(
        alertmanager,
        '/bin/sh',
        [`${join(ROOT, 'alertmanager.yml')}:/alertmanager.yml:ro`],
        ['-ec', routeTests()],
      ),
    },
  ];
}

function inImage(image: string, entrypoint: string, volumes: string[], args: string[]): string[] {
  const mounts = volumes.flatMap((volume) => ['-v', volume]);
  return ['docker', 'run', '--rm', '--network', 'none', '--entrypoint', entrypoint, ...mounts, image, ...args];
}

/** The files as docker-compose.yml mounts them; the token and certificates that a job reads must be there, and any text will do. */
function configVolumes(windows: string, config = 'prometheus.yml'): string[] {
  const mounted = [
    [config, 'prometheus.yml'],
    [`${RULES_FOLDER}/slos.yml`, 'rules/slos.yml'],
    [`${RULES_FOLDER}/alerts.yml`, 'rules/alerts.yml'],
    [`${RULES_FOLDER}/history.yml`, 'rules/history.yml'],
    [`${RULES_FOLDER}/anomalies.${windows}.yml`, 'rules/anomalies.yml'],
  ].map(([from = '', to = '']) => `${join(ROOT, from)}:/etc/prometheus/${to}:ro`);
  const read = [
    'secrets/prometheus/live_token',
    ...['ca.crt', 'tls.crt', 'tls.key'].map((file) => `certificates/prometheus/${file}`),
  ];
  return [...mounted, ...read.map((file) => `${join(ROOT, 'LICENSE')}:/${file}:ro`)];
}

/** One line of shell for each example; -e ends it at the first that goes elsewhere, after its labels were printed. */
function routeTests(): string {
  return EXAMPLES.map(({ labels, receiver }) => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const test = `amtool config routes test --config.file=/alertmanager.yml --verify.receivers=${receiver} ${pairs.join(' ')}`;
    return `${test} || { echo '${pairs.join(' ')}: expected ${receiver}'; exit 1; }`;
  }).join('\n');
}
