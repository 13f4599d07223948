import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startLive } from '../live/server/main.ts';
import { reach } from './stores.ts';

/**
 * The live view's container: `live` runs it until SIGTERM, taking OTLP from the collector alone; `live --link` prints a one-time link to its page,
 * asked for from the container that runs it. LIVE_TOKEN_FILE holds the one key, LIVE_URL is where a browser on the host finds the page.
 */
export async function live(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { link: { type: 'boolean', default: false } } });
  const token = readFileSync(process.env.LIVE_TOKEN_FILE ?? '', 'utf8').trim();
  if (values.link) {
    const { text } = await reach('live', 'http://127.0.0.1:4319/api/login-links', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    const { url } = JSON.parse(text) as { url: string };
    process.stdout.write(`${url}\n`);
    return 0;
  }
  const { LIVE_URL, STOREFRONT_URL, JAEGER_URL, GRAFANA_URL } = process.env;
  const links = Object.fromEntries(
    Object.entries({ shop: STOREFRONT_URL, jaeger: JAEGER_URL, grafana: GRAFANA_URL }).filter((link): link is [string, string] =>
      Boolean(link[1]),
    ),
  );
  const running = await startLive({
    host: '0.0.0.0',
    keys: `collector ${token}`,
    links,
    ...(LIVE_URL && { publicUrl: LIVE_URL }),
  });
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await running.close();
  return 0;
}
