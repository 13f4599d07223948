import type { Way } from '../routes.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the files with the secrets of the receivers are, in the containers of Alertmanager and `init`: ALERT_SECRETS on the host. */
export const SECRETS_FOLDER = '/alerting';

/** A way that the environment sets up: Alertmanager's own block, and the secret's file that must be there. */
interface Receiver {
  way: Way;
  /** Key and value in Alertmanager's receiver. */
  key: 'webhook_configs' | 'slack_configs' | 'email_configs';
  config: object;
  secret?: string;
}

/**
 * The receivers that `env` sets up. A setting without the others that it needs is an error that names them; secrets are never in the environment,
 * but in files of these names.
 */
export function receiversOf(env: Env): Receiver[] {
  const receivers: Receiver[] = [];
  if (env.ALERT_WEBHOOK_URL) {
    if (!URL.canParse(env.ALERT_WEBHOOK_URL)) throw new Error('ALERT_WEBHOOK_URL is no address: https://host/path');
    const credentials = { type: 'Bearer', credentials_file: `${SECRETS_FOLDER}/webhook_token` };
    receivers.push({
      way: 'webhook',
      key: 'webhook_configs',
      config: { url: env.ALERT_WEBHOOK_URL, send_resolved: true, http_config: { authorization: credentials } },
      secret: 'webhook_token',
    });
  }
  if (env.ALERT_SLACK_CHANNEL) {
    const config = { channel: env.ALERT_SLACK_CHANNEL, api_url_file: `${SECRETS_FOLDER}/slack_url`, send_resolved: true };
    receivers.push({ way: 'slack', key: 'slack_configs', config: { ...config, title: TITLE, text: TEXT }, secret: 'slack_url' });
  }
  if (env.ALERT_EMAIL_TO) {
    const { ALERT_EMAIL_FROM: from, ALERT_SMTP: smarthost, ALERT_SMTP_USER: user } = env;
    if (!from) throw new Error('ALERT_EMAIL_TO is set and ALERT_EMAIL_FROM is not: set the address that mails come from');
    if (!smarthost) throw new Error('ALERT_EMAIL_TO is set and ALERT_SMTP is not: set the mail server, host:port');
    const login = user && { auth_username: user, auth_password_file: `${SECRETS_FOLDER}/smtp_password` };
    receivers.push({
      way: 'email',
      key: 'email_configs',
      config: { to: env.ALERT_EMAIL_TO, from, smarthost, ...login, send_resolved: true, headers: { Subject: TITLE }, text: TEXT },
      ...(user && { secret: 'smtp_password' }),
    });
  }
  return receivers;
}

const TITLE = '[{{ .CommonLabels.severity }}] {{ .CommonLabels.alertname }}: {{ .Status }}';
/** What a reader needs at once: the symptom, how bad it is, and where to go. Links that an alert does not have are left out. */
const TEXT = [
  '{{ range .Alerts }}',
  '{{ .Annotations.summary }} {{ .Annotations.description }}',
  'Since {{ .StartsAt.Format "15:04:05 MST" }}.',
  'Runbook: {{ .Annotations.runbook_url }}',
  'Dashboard: {{ .Annotations.dashboard_url }}',
  '{{ with .Annotations.traces_url }}Traces: {{ . }}{{ end }}',
  '{{ with .Annotations.logs_url }}Logs: {{ . }}{{ end }}',
  '{{ end }}',
].join('\n');
