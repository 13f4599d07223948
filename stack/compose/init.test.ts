import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Chown } from './certificates.ts';
import { makeSecrets, ownVolumes, SECRETS } from './init.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'init-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Records who was given what; only root can give for real. Throws at call number `failsAt`, as a container that is killed would stop. */
function recorder(failsAt = Number.POSITIVE_INFINITY) {
  const owners = new Map<string, number>();
  let calls = 0;
  const chown: Chown = async (path, uid) => {
    if (++calls >= failsAt) throw new Error('killed');
    await stat(path);
    owners.set(path.slice(directory.length + 1), uid);
  };
  return { owners, chown, calls: () => calls };
}

const text = (file: string) => readFile(join(directory, file), 'utf8');
const mode = async (file: string) => (await stat(join(directory, file))).mode & 0o777;

/** Every secret's value as its readers see it. */
async function contents(readers = SECRETS): Promise<Record<string, string>> {
  const files = Object.entries(readers).flatMap(([name, { files }]) => Object.keys(files).map((file) => `${name}/${file}`));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await text(file)])));
}

describe('secrets', () => {
  it('are made for each reader in a directory of its own that only it can enter', async () => {
    const { owners, chown } = recorder();
    expect(await makeSecrets(directory, chown)).toBe(true);
    for (const [name, { uid, files }] of Object.entries(SECRETS)) {
      expect(await mode(name)).toBe(0o700);
      expect(owners.get(name)).toBe(uid);
      expect((await readdir(join(directory, name))).sort()).toEqual(Object.keys(files).sort());
      for (const file of Object.keys(files)) {
        expect(await mode(`${name}/${file}`)).toBe(0o400);
        expect(owners.get(`${name}/${file}`)).toBe(uid);
      }
    }
  });

  it('are equal where readers share one, and different otherwise', async () => {
    await makeSecrets(directory, recorder().chown);
    const found = await contents();
    for (const sharer of ['collector', 'k6']) expect(found[`${sharer}/otlp_token`]).toBe(found['app/otlp_token']);
    expect(found['collector/browser_token']).toBe(found['app/browser_token']);
    expect(found['postgres/database_password']).toBe(found['app/database_password']);
    expect(found['verify/grafana_password']).toBe(found['grafana/admin_password']);
    const secrets = new Set(Object.values(SECRETS).flatMap(({ files }) => Object.values(files)));
    expect(new Set(Object.values(found)).size).toBe(secrets.size);
    for (const value of Object.values(found)) expect(value).toMatch(/^[\w-]{32}$/);
  });

  it('stay as they are when it runs again', async () => {
    await makeSecrets(directory, recorder().chown);
    const before = await contents();
    const { chown, calls } = recorder();
    expect(await makeSecrets(directory, chown)).toBe(false);
    expect(calls()).toBe(0);
    expect(await contents()).toEqual(before);
  });

  it('are completed, with one value for all sharers, after a run that was killed at any point', async () => {
    const whole = recorder();
    await makeSecrets(directory, whole.chown);
    for (let failsAt = 1; failsAt <= whole.calls(); failsAt++) {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      await expect(makeSecrets(directory, recorder(failsAt).chown)).rejects.toThrow('killed');
      const given = await contents();
      const { owners, chown } = recorder();
      expect(await makeSecrets(directory, chown)).toBe(true);
      expect(await contents()).toEqual(given);
      for (const [name, { uid }] of Object.entries(SECRETS)) expect(owners.get(name)).toBe(uid);
    }
  });

  it('are completed when they were being taken back, too', async () => {
    const { verify: _, ...older } = SECRETS;
    await makeSecrets(directory, recorder().chown, older);
    const before = await contents(older);
    await expect(makeSecrets(directory, recorder(3).chown)).rejects.toThrow('killed');
    const { owners, chown } = recorder();
    expect(await makeSecrets(directory, chown)).toBe(true);
    expect(await contents()).toMatchObject(before);
    for (const [name, { uid }] of Object.entries(SECRETS)) expect(owners.get(name)).toBe(uid);
  });

  it('keep their values when a reader is added or its directory is lost', async () => {
    await makeSecrets(directory, recorder().chown);
    const before = await contents();
    await rm(join(directory, 'k6'), { recursive: true });
    expect(await makeSecrets(directory, recorder().chown)).toBe(true);
    expect(await contents()).toEqual(before);
  });
});

describe('volumes', () => {
  it('get their owner and mode', async () => {
    await mkdir(join(directory, 'logs'), { mode: 0o755 });
    const { owners, chown } = recorder();
    await ownVolumes(directory, chown, [{ name: 'logs', uid: 4321, gid: 4321, mode: 0o750 }]);
    expect(owners.get('logs')).toBe(4321);
    expect(await mode('logs')).toBe(0o750);
  });

  it('are left alone when they have both', async () => {
    await mkdir(join(directory, 'logs'), { mode: 0o750 });
    const { chown, calls } = recorder();
    await ownVolumes(directory, chown, [{ name: 'logs', uid: (await stat(directory)).uid, gid: 0, mode: 0o750 }]);
    expect(calls()).toBe(0);
  });

  it('get a new mode where they have the owner already', async () => {
    await mkdir(join(directory, 'logs'), { mode: 0o750 });
    await ownVolumes(directory, recorder().chown, [{ name: 'logs', uid: (await stat(directory)).uid, gid: 0, mode: 0o770 }]);
    expect(await mode('logs')).toBe(0o770);
  });
});
