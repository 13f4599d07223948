/**
 * The one-shot `init` service, compiled to dist/stack/compose/init.js: gives each volume its owner, makes the secrets on the first start, and writes
 * Alertmanager's configuration at each.
 * It is root with the capability CHOWN and no other: what it has given away it can take back, but not read meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SECRETS_FOLDER } from '../../monitoring/rules/receivers.ts';
import { writeAlerting } from './alerting.ts';
import type { Chown } from './certificates.ts';

/** A volume comes up owned by root, and no service is root. Users are those of the images. */
export const VOLUMES: readonly Volume[] = [
  { name: 'shop-logs', uid: 1000, gid: 1000, mode: 0o770 }, // the group is for who ships the files, and for who writes beside the services
  { name: 'postgres-logs', uid: 999, gid: 999, mode: 0o750 }, // the group is for the watcher
  { name: 'log-shipper', uid: 10001, gid: 10001, mode: 0o700 },
  { name: 'collector', uid: 10001, gid: 10001, mode: 0o700 },
  { name: 'jaeger', uid: 10001, gid: 10001, mode: 0o700 },
  { name: 'kafka', uid: 1004, gid: 1004, mode: 0o700 }, // of docker-compose.kafka.yml
];

/** One directory for each reader, which nobody else can enter: its user, and its files with the name of the secret in each. */
export const SECRETS: Readonly<Record<string, Reader>> = {
  app: {
    uid: 1000,
    files: { otlp_token: 'otlp', browser_token: 'browser', control_token: 'control', database_password: 'database' },
  },
  database: { uid: 1003, files: { otlp_token: 'otlp', monitor_password: 'monitor' } },
  collector: {
    uid: 10001,
    files: {
      otlp_token: 'otlp',
      browser_token: 'browser',
      live_token: 'live',
      monitor_password: 'monitor',
      kafka_password: 'kafka',
    },
  },
  kafka: { uid: 1004, files: { broker_password: 'broker', kafka_password: 'kafka' } },
  live: { uid: 1002, files: { live_token: 'live' } },
  postgres: { uid: 999, files: { superuser_password: 'superuser', database_password: 'database', monitor_password: 'monitor' } },
  grafana: { uid: 472, files: { admin_password: 'grafana', secret_key: 'grafana-key' } },
  prometheus: { uid: 65534, files: { live_token: 'live' } },
  k6: { uid: 12345, files: { otlp_token: 'otlp' } },
  verify: { uid: 1001, files: { grafana_password: 'grafana', live_token: 'live', monitor_password: 'monitor' } },
};

export interface Volume {
  name: string;
  uid: number;
  gid: number;
  mode: number;
}

export interface Reader {
  uid: number;
  files: Readonly<Record<string, string>>;
}

/** Gives each volume under `directory` its owner and mode, if it has others; what is in it stays as it is. An overlay's may not be there. */
export async function ownVolumes(directory: string, chown: Chown, volumes = VOLUMES): Promise<void> {
  for (const { name, uid, gid, mode } of volumes) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    if (found.uid === uid && (found.mode & 0o777) === mode) continue;
    // Only the owner may change the mode.
    if (found.uid !== process.getuid?.()) await chown(path, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    await chmod(path, mode);
    await chown(path, uid, gid);
  }
}

/**
 * Makes every reader's directory under `directory`: mode 0700, files 0400, a secret that two readers share equal in both. True if anything
 * was to be done. A run that was cut short at any point is completed by the next, and so is a layout to which a reader was added: values
 * that exist are kept, since databases and browsers know them.
 */
export async function makeSecrets(directory: string, chown: Chown, readers = SECRETS): Promise<boolean> {
  const marker = join(directory, 'complete.json');
  const layout = JSON.stringify(readers);
  const names = Object.keys(readers);
  const present = await readdir(directory);
  if (names.every((name) => present.includes(name)) && (await read(marker)) === layout) return false;

  await rm(marker, { force: true });
  const values = await takeBack(
    directory,
    present.filter((name) => names.includes(name)),
    chown,
    readers,
  );
  for (const [name, { files }] of Object.entries(readers)) {
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    for (const [file, secret] of Object.entries(files)) await write(join(directory, name, file), value(values, secret));
  }
  for (const [name, { uid, files }] of Object.entries(readers)) {
    for (const file of Object.keys(files)) await chown(join(directory, name, file), uid, uid);
    await chown(join(directory, name), uid, uid);
  }
  await writeFile(marker, layout);
  return true;
}

/** Makes the directories and their files our own again, and returns the secrets found in them. */
async function takeBack(directory: string, names: string[], chown: Chown, readers: typeof SECRETS): Promise<Map<string, string>> {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  const values = new Map<string, string>();
  for (const name of names) {
    await chown(join(directory, name), uid, gid);
    for (const file of await readdir(join(directory, name))) {
      const path = join(directory, name, file);
      await chown(path, uid, gid);
      const secret = readers[name]?.files[file];
      const found = await read(path);
      if (secret && found && !values.has(secret)) values.set(secret, found);
    }
  }
  return values;
}

/** The secret's value, made now if there is none: 192 bits, in characters that need no quoting anywhere. */
function value(values: Map<string, string>, secret: string): string {
  const found = values.get(secret) ?? randomBytes(24).toString('base64url');
  values.set(secret, found);
  return found;
}

/** Whole or not at all: a file that is cut short would be taken for the secret. */
async function write(path: string, text: string): Promise<void> {
  await rm(`${path}.new`, { force: true });
  await writeFile(`${path}.new`, text, { mode: 0o400 });
  await rename(`${path}.new`, path);
}

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await ownVolumes('/volumes', chown);
  if (await makeSecrets('/secrets', chown)) console.log('init: secrets are made');
  // A volume of docker-compose.tls.yml.
  if (await stat('/certificates').catch(() => undefined)) {
    const { makeCertificates } = await import('./certificates.ts');
    const made = await makeCertificates('/certificates', chown);
    if (made.length > 0) console.log(`init: certificates are made for ${made.join(', ')}`);
  }
  await writeAlerting('/alertmanager', SECRETS_FOLDER, process.env).catch((error) => {
    console.error(`init: ${error.message}`);
    process.exit(1);
  });
}
