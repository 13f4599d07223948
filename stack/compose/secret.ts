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
