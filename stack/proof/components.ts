import type { Context } from './context.ts';
import { fail, reach, until } from './stores.ts';

/** One thing that must hold. `run` returns what it saw, in a few words, or throws what is wrong, naming the component. */
export interface Check {
  name: string;
  /** Components (names in docker-compose.yml) without which it cannot be run. */
  needs: string[];
  /** How long `run` may wait for it to hold. */
  seconds: number;
  run(context: Context, seconds: number): Promise<string>;
}

/** A check that could not be run here, and that is no fault. */
export class NotRun extends Error {}

const answers = (component: string, address: (context: Context) => string, status = 200, orIn?: RegExp): Check => ({
  name: component,
  needs: [],
  seconds: 5,
  run: (context, seconds) =>
    until(
      seconds,
      () => `${component}: not ready`,
      async () => {
        const url = address(context);
        const answer = await reach(component, url);
        if (orIn?.test(answer.text)) return 'takes TLS only';
        if (answer.status !== status) fail(component, `answers ${answer.status} at ${url}, expected ${status}`);
        return `answers ${status} at ${new URL(url).host}`;
      },
    ),
});

/** What can be asked directly. The others are asked for through these: services and shippers as scrape targets, postgres by the checkout. */
export const COMPONENTS: Check[] = [
  answers('storefront', ({ at }) => `${at.storefront}/health/ready`),
  // 401: the receiver is there, and takes nothing from a caller without a token.
  answers('collector', ({ at }) => `${at.collector}/v1/traces`, 401, /HTTP request to an HTTPS server/),
  answers('jaeger', ({ at }) => `${at.jaeger}/api/services`),
  answers('prometheus', ({ at }) => `${at.prometheus}/-/ready`),
  answers('alertmanager', ({ at }) => `${at.alertmanager}/-/ready`),
  answers('loki', ({ at }) => `${at.loki}/ready`),
  answers('live', ({ at }) => `${at.live}/healthz`),
];
