import { browserAddresses } from '../compose/addresses.ts';
import { SIGNALS } from '../proof/checks.ts';
import { type Check, COMPONENTS } from '../proof/components.ts';
import { createContext } from '../proof/context.ts';
import { withTiers } from '../proof/kafka.ts';
import type { Stores } from '../proof/stores.ts';
import { runStages } from '../proof/verify.ts';
import { makeLiveLink } from './live-link.ts';

/** How long a first start may take on a slow machine, in seconds. */
const PATIENCE_SECONDS = 180;

/**
 * The last service that compose starts: waits until one checkout's trace, log lines and metrics can be queried, then prints where everything is.
 * Returns 1, naming what is missing, when that does not happen in three minutes.
 */
export async function welcome(): Promise<number> {
  const context = createContext();
  const patient = (check: Check): Check => ({ ...check, seconds: PATIENCE_SECONDS });
  const [checkout, ...signals] = SIGNALS.map(patient);
  const results = await runStages([checkout ? [checkout] : [], signals], context, () => {});
  const failed = results.filter(({ status }) => status !== 'ok');
  if (failed.length > 0) {
    const blamed = (await runStages(await withTiers(context, [COMPONENTS]), context, () => {})).filter(
      ({ status }) => status === 'failed',
    );
    for (const { name, detail } of blamed.length > 0 ? blamed : failed) process.stdout.write(`${name}: ${detail}\n`);
    process.stdout.write('The stack runs, but not as it should: docker compose ps, then docker compose run --rm verify\n');
    return 1;
  }
  const { traceId } = await context.probe();
  process.stdout.write(table(traceId, await makeLiveLink(), await told(context.stores), context.visible));
  return 0;
}

/** Who would be told of an alert, by the configuration that Alertmanager runs with. */
async function told(stores: Stores): Promise<string> {
  const receivers = (await stores.receivers().catch(() => undefined)) ?? {};
  const ways = Object.entries(receivers).filter(([, by]) => by.length > 0);
  if (ways.length === 0) return 'nobody yet (docs/add.md says how); they show in Grafana and Alertmanager';
  return ways.map(([severity, by]) => `${severity}s by ${by.join(', ')}`).join('; ');
}

function table(traceId: string, live: string, alerts: string, visible: Record<string, number>): string {
  const at = browserAddresses();
  const rows = [
    ['Shop', at.storefront],
    ['Grafana', `${at.grafana}  user admin, password: docker compose exec grafana cat /secrets/grafana/admin_password`],
    ['Live view', `${live}  (opens once; another link: npm run live-link)`],
    ['Jaeger', at.jaeger],
    ['Prometheus', at.prometheus],
    ['Loki', `${at.loki}  (an API: its page is Grafana)`],
    ['Alertmanager', at.alertmanager],
    ['  tells of alerts', alerts],
    ['', ''],
    ['A real trace', `${at.jaeger}/trace/${traceId}`],
    ['  with its logs', `${at.grafana}/d/trace?var-traceId=${traceId}`],
    [
      '  visible after',
      Object.entries(visible)
        .map(([signal, seconds]) => `${signal} ${seconds.toFixed(1)} s`)
        .join(', '),
    ],
    ['', ''],
    ['Prove every link', 'npm run verify   or   docker compose run --rm verify'],
    ['More traffic', 'npm run traffic rush'],
    ['Break something', 'npm run fault payment-errors'],
    ['Stop', 'docker compose down   (with -v the data goes too)'],
  ];
  return `\n${rows.map(([name = '', value = '']) => `  ${name.padEnd(18)}${value}`.trimEnd()).join('\n')}\n\n`;
}
