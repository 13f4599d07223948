import { ALERTS } from '../../monitoring/alerts.ts';
import { DASHBOARD_UIDS } from '../../monitoring/names/datasources.ts';
import type { Alert } from '../../monitoring/rules/alert.ts';
import { SERVICES } from '../../telemetry/signals.ts';
import { browserAddresses, settings } from '../compose/addresses.ts';
import { secret } from '../compose/secret.ts';
import type { Check } from './components.ts';
import type { Context } from './context.ts';
import { fail, reach } from './stores.ts';

/**
 * Every link of every alert, as Prometheus holds it, filled in as for an alert that fires now, and followed: the page behind it answers, and so does
 * the store that the page would ask. That of Grafana is asked by the dashboard's uid, where Grafana runs (the check `grafana`).
 */
export const alertLinks: Check = {
  name: 'alert -> its links',
  needs: ['prometheus', 'jaeger', 'loki', 'live'],
  seconds: 30,
  run: async (context) => {
    const rules = (await context.stores.rules()).flatMap((group) => group.rules).filter(({ type }) => type === 'alerting');
    const links = new Set<string>();
    for (const { name, annotations = {} } of rules)
      for (const [kind, text] of Object.entries(annotations).filter(([key]) => key.endsWith('_url')))
        links.add(`${kind} ${filledIn(text, exampleLabels(name))}`);
    if (links.size === 0) fail('prometheus', 'no alert has a link');
    const token = await secret('LIVE_TOKEN_FILE', 'live', '/secrets/live/live_token');
    for (const link of links) {
      const [kind = '', address = ''] = link.split(' ');
      await follow(context, kind, new URL(address), token);
    }
    return `${links.size} links of ${rules.length} alerts answer`;
  },
};

/** Labels that an alert of this name can have: those of a scenario of its row. */
export function exampleLabels(name: string): Record<string, string> {
  const rows: Record<string, Alert> = ALERTS;
  return rows[name]?.scenarios.find(({ firing }) => firing.length > 0)?.labels ?? { service_name: SERVICES[0] };
}

/** An annotation as Prometheus would fill it in now. Throws where something is left that is not known here. */
export function filledIn(text: string, labels: Readonly<Record<string, string>>, now = Date.now() / 1000): string {
  const moment =
    /\{\{ with query `(\S+) \* \(time\(\) - (\d+)\)` \}\}\{\{ \. \| first \| value \| printf `%\.0f` \}\}\{\{ end \}\}/g;
  return text
    .replace(moment, (_, factor, before) => (Number(factor) * (now - Number(before))).toFixed(0))
    .replace(
      /\{\{ \$labels\.(\w+) \}\}/g,
      (whole, name) => labels[name] ?? fail('prometheus', `nothing to put for ${whole} in ${text}`),
    );
}

async function follow({ at, stores }: Context, kind: string, url: URL, token: string): Promise<void> {
  const page = browserAddresses(settings({})); // As the links were generated: by .env alone.
  const headers = { authorization: `Bearer ${token}` };
  const answers = async (component: string, base: string, path: string, own: Record<string, string> = {}) => {
    const { status } = await reach(component, new URL(path, base), { headers: own });
    if (status !== 200) fail(component, `${status} for ${path}`);
  };
  const of = (name: keyof typeof page) => url.origin === new URL(page[name]).origin;
  if (of('live')) {
    await answers('live', at.live, url.pathname + url.search);
    if (kind === 'live_url')
      await answers('live', at.live, `/api/traces${url.search.replace('min=', 'minDurationMs=')}`, headers);
  } else if (of('jaeger')) {
    await answers('jaeger', at.jaeger, url.pathname + url.search);
    await answers('jaeger', at.jaeger, `/api/traces${url.search}`);
  } else if (of('grafana') && kind === 'logs_url') {
    const panes = JSON.parse(url.searchParams.get('panes') ?? '{}') as { one: { queries: { expr: string }[] } };
    for (const { expr } of panes.one.queries) await stores.logs(expr);
  } else if (of('grafana')) {
    const uid = url.pathname.split('/')[2];
    if (!Object.values(DASHBOARD_UIDS).some((known) => known === uid)) fail('grafana', `there is no dashboard ${uid}: ${url}`);
  } else fail('prometheus', `the link ${url} leads to nothing of this stack`);
}
