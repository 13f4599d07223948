import { CHECKOUT_EDGES } from '../../telemetry/signals.ts';
import { secret } from '../compose/secret.ts';
import type { Check } from './components.ts';
import type { Context } from './context.ts';
import { until } from './stores.ts';

/** The live view beside the big stack: it has the checkout's trace, too, from every service that takes part. */
export const liveViewCheck: Check = {
  name: 'live view',
  needs: ['storefront', 'collector', 'live'],
  seconds: 10,
  run: async (context, seconds) => {
    const { traceId } = await context.probe();
    const whole = [...new Set(CHECKOUT_EDGES.map(([client]) => client))].sort().join(', ');
    let seen = '';
    return until(
      seconds,
      () => `live: of trace ${traceId} it has only ${seen || 'nothing'}`,
      async () => {
        seen = (await liveServices(context, traceId)).join(', ');
        return seen === whole ? `has spans of ${whole}` : undefined;
      },
    );
  },
};

/** The services that the live view has spans of in a trace. */
export async function liveServices(context: Context, traceId: string): Promise<string[]> {
  const { resourceSpans = [] } = await liveTrace(context, traceId);
  const names = resourceSpans.flatMap(({ resource }) => resource.attributes.filter(({ key }) => key === 'service.name'));
  return [...new Set(names.map(({ value }) => value.stringValue))].sort();
}

/** A trace as the live view holds it, asked for with the collector's own key. */
export async function liveTrace({ stores }: Context, traceId: string) {
  return stores.liveTrace(traceId, await secret('LIVE_TOKEN_FILE', 'live', '/secrets/live/live_token'));
}
