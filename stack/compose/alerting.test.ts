import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeAlerting } from './alerting.ts';

let folder: string;
let secrets: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alerting-'));
  secrets = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(secrets, { recursive: true });
});

const read = async () => parse(await readFile(join(folder, 'alertmanager.yml'), 'utf8'));
const WEBHOOK = { ALERT_WEBHOOK_URL: 'https://example.com/hook' };
const MAIL = { ALERT_EMAIL_TO: 'oncall@example.com', ALERT_EMAIL_FROM: 'shop@example.com', ALERT_SMTP: 'mail.example.com:587' };

it('with nothing set tells nobody', async () => {
  await writeAlerting(folder, secrets, {});
  expect((await read()).receivers).toEqual([{ name: 'page' }, { name: 'ticket' }]);
});

it('sends pages every way that is set up, and tickets to people only', async () => {
  await writeFile(join(secrets, 'webhook_token'), 'xyz', { mode: 0o644 });
  await writeFile(join(secrets, 'slack_url'), 'https://hooks.example.com/xyz', { mode: 0o644 });
  await writeAlerting(folder, secrets, { ...WEBHOOK, ...MAIL, ALERT_SLACK_CHANNEL: '#shop' });
  const [page, ticket] = (await read()).receivers;
  expect(Object.keys(page)).toEqual(['name', 'webhook_configs', 'slack_configs', 'email_configs']);
  expect(Object.keys(ticket)).toEqual(['name', 'slack_configs', 'email_configs']);
  expect(page.webhook_configs[0].http_config.authorization).toEqual({
    type: 'Bearer',
    credentials_file: '/alerting/webhook_token',
  });
});

it('can be read by every user, and holds no secret', async () => {
  await writeFile(join(secrets, 'webhook_token'), 'a-secret', { mode: 0o644 });
  await writeAlerting(folder, secrets, WEBHOOK);
  expect((await stat(join(folder, 'alertmanager.yml'))).mode & 0o777).toBe(0o644);
  expect(await readFile(join(folder, 'alertmanager.yml'), 'utf8')).not.toContain('a-secret');
});

it.each([
  ['is not there', async () => {}],
  ['is empty', async () => writeFile(join(secrets, 'webhook_token'), '', { mode: 0o644 })],
  [
    'may not be read by others (chmod o+r)',
    async () => {
      await writeFile(join(secrets, 'webhook_token'), 'xyz');
      await chmod(join(secrets, 'webhook_token'), 0o600);
    },
  ],
])('refuses a receiver whose secret %s, and writes nothing', async (why, arrange) => {
  await arrange();
  await expect(writeAlerting(folder, secrets, WEBHOOK)).rejects.toThrow(why);
  await expect(read()).rejects.toThrow('ENOENT');
});

it.each([
  [{ ALERT_EMAIL_TO: 'oncall@example.com' }, 'ALERT_EMAIL_FROM is not'],
  [{ ...MAIL, ALERT_SMTP: undefined }, 'ALERT_SMTP is not'],
  [{ ALERT_WEBHOOK_URL: 'example' }, 'ALERT_WEBHOOK_URL is no address'],
])('names what %j lacks', async (env, lack) => {
  await expect(writeAlerting(folder, secrets, env)).rejects.toThrow(lack);
});

it('logs in at the mail server only with a user, whose password is in a file', async () => {
  await writeAlerting(folder, secrets, MAIL);
  expect((await read()).receivers[1].email_configs[0]).not.toHaveProperty('auth_password_file');
  await expect(writeAlerting(folder, secrets, { ...MAIL, ALERT_SMTP_USER: 'shop' })).rejects.toThrow(
    'smtp_password, which is not there',
  );
});
