/** Room commands: the other npm scripts, one file each. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../telemetry/root.ts';
import { settings } from '../compose/addresses.ts';
import { ruleSteps, type Step } from './check-rules.ts';
import { generate } from './generate.ts';

/** What needs no Docker. */
const HERE: Step[] = [
  { name: 'types', command: [tool('tsc'), '-p', 'tsconfig.json'] },
  { name: "types of the live view's page", command: [tool('tsc'), '-p', 'live/web/tsconfig.json'] },
  { name: "types of the shop's page", command: [tool('tsc'), '-p', 'app/web/tsconfig.json'] },
  { name: 'types of the k6 script', command: [tool('tsc'), '-p', 'traffic-generator/tsconfig.json'] },
  { name: 'format and lint', command: [tool('biome'), 'check', '--error-on-warnings'] },
  { name: 'dead code', command: [tool('knip')] },
];

/** The collector's parts, which each way of joining them begins with. */
const PARTS = 'otel-collector-config.yml';

/**
 * Each component's own checker, run from its image on its configuration file: image variable of .env, file, entry point (empty: the image's own),
 * arguments before the file, and the files that it is read after.
 */
const COMPONENTS: [string, string, string, string[], string[]?][] = [
  ['COLLECTOR_IMAGE', 'otel-collector-pipelines.yml', '', ['validate', '--config'], [PARTS]],
  ['COLLECTOR_IMAGE', 'kafka-gateway.yml', '', ['validate', '--config'], [PARTS]],
  ['COLLECTOR_IMAGE', 'kafka-worker.yml', '', ['validate', '--config'], [PARTS]],
  ['COLLECTOR_IMAGE', 'otel-collector-tls.yml', '', ['validate', '--config'], [PARTS, 'otel-collector-pipelines.yml']],
  ['COLLECTOR_IMAGE', 'kafka-tls.yml', '', ['validate', '--config'], [PARTS, 'kafka-gateway.yml', 'otel-collector-tls.yml']],
  ['COLLECTOR_IMAGE', 'kafka-tls.yml', '', ['validate', '--config'], [PARTS, 'kafka-worker.yml', 'otel-collector-tls.yml']],
  ['COLLECTOR_IMAGE', 'file-log-config.yml', '', ['validate', '--config']],
  ['JAEGER_IMAGE', 'jaeger-config.yml', '', ['validate', '--config']],
  ['JAEGER_IMAGE', 'jaeger-tls.yml', '', ['validate', '--config'], ['jaeger-config.yml']],
  ['ALERTMANAGER_IMAGE', 'alertmanager.yml', '/bin/amtool', ['check-config']],
  ['LOKI_IMAGE', 'loki-config.yml', '', ['-verify-config', '-config.file']],
  ['PROMTAIL_IMAGE', 'promtail-config.yml', '', ['-check-syntax', '-config.file']],
];

function components(env: NodeJS.ProcessEnv): Step[] {
  return COMPONENTS.map(([image, file, entrypoint, args, after = []]) => {
    const run = `docker run --rm --network none --tmpfs /var/lib/otelcol --tmpfs /hostfs -e TRACE_SHARE=100${entrypoint && ` --entrypoint ${entrypoint}`}`;
    const files = [...after, file];
    const mounts = [
      ...files.map((name) => [name, `/check/${name}`]),
      // The collector's reads a secret while it is read itself: any text will do.
      ...['monitor_password', 'kafka_password'].map((secret) => ['LICENSE', `/secrets/collector/${secret}`]),
    ].flatMap(([from = '', to = '']) => ['-v', `${join(ROOT, from)}:${to}:ro`]);
    const named = files.flatMap((name) => [...args.slice(-1), `/check/${name}`]);
    const command = [...run.split(' '), ...mounts, env[image] ?? '', ...args.slice(0, -1), ...named];
    return { name: `${[...after.slice(1), file].join(' with ')}, by ${env[image]}`, command };
  });
}

/** `npm run check`: types, format, dead code, generated files, every configuration file by its component's own checker, and what the rules' tests say. */
export async function check(): Promise<number> {
  let failed = 0;
  const report = (name: string, { outcome, output }: Outcome) => {
    process.stdout.write(`${outcome.padEnd(8)} ${name}\n${outcome === 'ok' ? '' : `${output.trim()}\n`}`);
    if (outcome === 'failed') failed += 1;
  };
  for (const { name, command } of HERE) report(name, run(command));
  const same = (await generate({ check: true, root: ROOT })) === 0;
  report('generated files', { outcome: same ? 'ok' : 'failed', output: '' });
  const engine = run(['docker', 'info']).outcome === 'ok';
  if (engine) for (const { name, command } of [...components(settings()), ...ruleSteps(settings())]) report(name, run(command));
  else report('configuration files by their components', { outcome: 'not run', output: 'no Docker engine answers' });
  return failed === 0 ? 0 : 1;
}

interface Outcome {
  outcome: 'ok' | 'failed' | 'not run';
  output: string;
}

function run([program = '', ...args]: string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  const output = error ? error.message : `${stdout}${stderr}`;
  // An image whose checker cannot be executed has said nothing about the file.
  const mute = /^exec \S+: no such file or directory/m.test(output);
  return { outcome: status === 0 ? 'ok' : mute ? 'not run' : 'failed', output };
}

function tool(name: string): string {
  return join(ROOT, 'node_modules', '.bin', name);
}
