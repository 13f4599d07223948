import { addresses } from '../compose/addresses.ts';
import { secret } from '../compose/secret.ts';
import { reach } from '../proof/stores.ts';

/** `npm run live-link`: prints a one-time link to the live view that runs in compose. */
export async function liveLink(): Promise<number> {
  process.stdout.write(`${await makeLiveLink()}\n`);
  return 0;
}

/** A new one-time link, good for one browser; asked for with the collector's key. */
export async function makeLiveLink(): Promise<string> {
  const authorization = `Bearer ${await secret('LIVE_TOKEN_FILE', 'live', '/secrets/live/live_token')}`;
  const { text } = await reach('live', `${addresses().live}/api/login-links`, { method: 'POST', headers: { authorization } });
  return (JSON.parse(text) as { url: string }).url;
}
