import type { Logger } from 'pino';
import { postOtlp } from '../telemetry/otlp-post.ts';
import type { BrowserSpans } from './browser-spans.ts';

/** How long the receiver may take; what it has not taken then is lost, because a page's spans are not worth keeping. */
const TIMEOUT_MILLISECONDS = 3000;

/** What posts spans to `url`; it returns how many of `count` were lost. One log line when that begins, one when it is over. */
export function forwardTo(url: string, token: string | undefined, logger: Logger) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  let losing = false;
  const tell = (lost: number, why: string) => {
    if (lost > 0 && !losing) logger.warn(`the page's spans are lost: ${url} ${why}`);
    if (lost === 0 && losing) logger.info(`the page's spans arrive again at ${url}`);
    losing = lost > 0;
    return lost;
  };
  return async (spans: BrowserSpans, count: number): Promise<number> => {
    try {
      const { status, text: answer } = await postOtlp(url, headers, JSON.stringify(spans), TIMEOUT_MILLISECONDS);
      if (status < 200 || status > 299) return tell(count, `answered ${status} ${answer.slice(0, 200)}`);
      const { partialSuccess } = JSON.parse(answer || '{}') as { partialSuccess?: { rejectedSpans?: string | number } };
      const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
      return tell(rejected, `left out ${rejected} of ${count}`);
    } catch (error) {
      return tell(count, `does not answer: ${error instanceof Error ? error.message : error}`);
    }
  };
}
