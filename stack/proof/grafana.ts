import { DASHBOARD_UIDS, DATASOURCES } from '../../monitoring/names/datasources.ts';
import { secret } from '../compose/secret.ts';
import { type Check, NotRun } from './components.ts';
import type { Context } from './context.ts';
import { fail, reach } from './stores.ts';

/**
 * Grafana's own view: every data source healthy, every dashboard there, by its HTTP API as its administrator.
 * Where it does not run (it is a big image, and the stack works without it) this is not run; where it has run before and is away, that is a fault.
 */
export const grafanaCheck: Check = {
  name: 'grafana',
  needs: ['prometheus'],
  seconds: 30,
  async run(context) {
    const { grafana } = context.at;
    const alive = await reach('grafana', `${grafana}/api/health`).catch(async (error) => {
      if (await expected(context)) throw error;
      throw new NotRun(`nothing answers at ${grafana}, and this Prometheus has never scraped it`);
    });
    if (alive.status !== 200) fail('grafana', `answers ${alive.status} at /api/health`);
    const headers = {
      authorization: `Basic ${Buffer.from(`admin:${await secret('GRAFANA_PASSWORD_FILE', 'grafana', '/secrets/grafana/admin_password')}`).toString('base64')}`,
    };
    const ask = async (path: string) => {
      const { status, text } = await reach('grafana', `${grafana}${path}`, { headers, milliseconds: 10_000 });
      if (status !== 200) fail('grafana', `${status} for ${path}: ${text.slice(0, 200)}`);
    };
    for (const { uid } of Object.values(DATASOURCES))
      await ask(uid === 'alertmanager' ? `/api/datasources/uid/${uid}` : `/api/datasources/uid/${uid}/health`);
    for (const uid of Object.values(DASHBOARD_UIDS)) await ask(`/api/dashboards/uid/${uid}`);
    return `${Object.keys(DATASOURCES).length} data sources healthy, ${Object.keys(DASHBOARD_UIDS).length} dashboards there`;
  },
};

async function expected({ stores }: Context): Promise<boolean> {
  return (await stores.query('count_over_time(up{job="grafana"}[7d])')).length > 0;
}
