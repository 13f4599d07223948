import { INHIBITIONS, ROUTES, type Way } from '../routes.ts';
import { receiversOf } from './receivers.ts';

/**
 * The configuration of Alertmanager with the receivers that `env` sets up, ready for YAML. Alertmanager itself reads no environment: the
 * one-shot `init` service writes this into a volume at each start. Throws what a setting lacks.
 */
export function alertmanagerConfig(env: Readonly<Record<string, string | undefined>>): object {
  const receivers = receiversOf(env);
  const configs = (ways: readonly Way[]) =>
    Object.fromEntries(receivers.filter(({ way }) => ways.includes(way)).map(({ key, config }) => [key, [config]]));
  return {
    route: {
      // What belongs together: one promise, one service, or one component.
      group_by: ['alertname', 'sloth_id', 'service_name', 'job'],
      group_interval: '1m',
      // Whatever comes without a severity of ours is no reason to wake anybody.
      receiver: 'ticket',
      routes: ROUTES.map(({ severity, wait, again }) => ({
        receiver: severity,
        matchers: [`severity="${severity}"`],
        group_wait: wait,
        repeat_interval: again,
      })),
    },
    inhibit_rules: [
      // The page of a promise says all that its ticket says.
      { source_matchers: ['sloth_severity="page"'], target_matchers: ['sloth_severity="ticket"'], equal: ['sloth_id'] },
      ...INHIBITIONS.map(({ firing, silences, same }) => ({
        source_matchers: [`alertname=~"${firing.join('|')}"`],
        target_matchers: [`alertname=~"${silences.join('|')}"`],
        equal: same,
      })),
    ],
    receivers: ROUTES.map(({ severity, to }) => ({ name: severity, ...configs(to) })),
  };
}
