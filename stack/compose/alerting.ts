import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alertmanagerConfig } from '../../monitoring/rules/alertmanager.ts';
import { receiversOf } from '../../monitoring/rules/receivers.ts';
import { yamlFile } from '../../monitoring/rules/rule.ts';

/**
 * Writes Alertmanager's configuration into `folder`, with the receivers that `env` sets up. Their secrets stay in their files in `secrets`: it says
 * only where they are, so that anybody may read it. Throws when a setting lacks another, or its file.
 */
export async function writeAlerting(folder: string, secrets: string, env: NodeJS.ProcessEnv): Promise<void> {
  for (const { way, secret } of receiversOf(env)) if (secret) await readable(join(secrets, secret), way);
  const file = join(folder, 'alertmanager.yml');
  await writeFile(`${file}.new`, yamlFile(alertmanagerConfig(env)), { mode: 0o644 });
  await rename(`${file}.new`, file);
}

/** Alertmanager is nobody's user: it reads what everybody may. The folder's own folder, which no container sees, is what keeps others out. */
async function readable(path: string, way: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() && found.size > 0 && (found.mode & 0o004) !== 0) return;
  const why = !found ? 'is not there' : found.size === 0 ? 'is empty' : 'may not be read by others (chmod o+r)';
  throw new Error(`alerts by ${way} need ${path}, which ${why}; the folder is ALERT_SECRETS on the host (docs/add.md)`);
}
