import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { ROOT } from '../../telemetry/root.ts';

/** A secret of the stack: in the network from the file that the environment's `variable` names; on the host from the container that may read it. */
export async function secret(variable: string, service: string, path: string): Promise<string> {
  const file = process.env[variable];
  if (file) return readFileSync(file, 'utf8').trim();
  const { stdout } = await promisify(execFile)('docker', ['compose', 'exec', '-T', service, 'cat', path], { cwd: ROOT });
  return stdout.trim();
}

/** The token that the shop's services send OTLP with, of the project that `env` names; its network need not run. */
export async function otlpToken(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const command = 'compose run --rm --no-deps -T --user 1000:1000 verify cat /secrets/app/otlp_token';
  const { stdout } = await promisify(execFile)('docker', command.split(' '), { cwd: ROOT, env });
  return stdout.trim();
}
