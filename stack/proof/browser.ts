import { BROWSER, SERVICES } from '../../telemetry/signals.ts';
import type { Span } from './answers.ts';
import type { Check } from './components.ts';
import type { Context } from './context.ts';
import { liveServices } from './live-view.ts';
import { fail, until } from './stores.ts';
import { post } from './visit.ts';

const [ENTRANCE] = SERVICES;

/** A click in a browser is the root of its trace, in Jaeger and in the live view. */
const browserTrace: Check = {
  name: 'browser -> trace',
  needs: ['storefront', 'collector', 'jaeger', 'live'],
  seconds: 20,
  run: async (context, seconds) => {
    const { traceId, requestId } = await context.visit();
    const spans = await visitedTrace(context, seconds);
    const root = spans.find(({ parent }) => !parent);
    const whole = [BROWSER, ENTRANCE];
    let seen: string[] = [];
    await until(
      seconds,
      () => `live: of the visit's trace ${traceId} it has only ${seen.join(', ') || 'nothing'}`,
      async () => {
        seen = await liveServices(context, traceId);
        return whole.every((service) => seen.includes(service)) || undefined;
      },
    );
    return `${root?.service} ${root?.operationName} -> request ${requestId} -> ${ENTRANCE}: ${traceId}`;
  },
};

/** The visit's trace in Jaeger, once it has the click as its root and the storefront's span below the click's request. */
export async function visitedTrace(context: Context, seconds: number): Promise<Span[]> {
  const { traceId, requestId } = await context.visit();
  let seen = 'nothing';
  return until(
    seconds,
    () => `collector: jaeger has of the visit's trace ${traceId} only ${seen}`,
    async () => {
      const spans = await context.stores.trace(traceId);
      seen = spans.map(({ service, operationName }) => `${service} ${operationName}`).join(', ') || 'nothing';
      const rooted = spans.some(({ service, parent }) => service === BROWSER && !parent);
      const called = spans.some(({ service, parent }) => service === ENTRANCE && parent === requestId);
      return rooted && called ? spans : undefined;
    },
  );
}

/** What the page may send, no other page may, and nobody in a service's name. */
const browserRefusals: Check = {
  name: 'browser refusals',
  needs: [ENTRANCE],
  seconds: 5,
  run: async ({ at: { storefront } }) => {
    const refused = async (what: string, expected: number, origin: string, service: string) => {
      const { status, text } = await post(storefront, origin, service, []);
      if (status !== expected) fail(ENTRANCE, `it answers ${status} to ${what}, expected ${expected}: ${text.slice(0, 200)}`);
      return `${what} (${status})`;
    };
    const page = await refused('spans of another page', 403, 'https://elsewhere.example', BROWSER);
    const name = await refused(`spans in the name of ${SERVICES[1]}`, 400, storefront, SERVICES[1]);
    return `refused: ${page}, ${name}`;
  },
};

export const BROWSER_CHECKS: Check[] = [browserTrace, browserRefusals];
