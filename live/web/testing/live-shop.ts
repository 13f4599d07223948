/** The page on what the real shop sends to its live view. */
import { type RunningShop, startShop } from '../../../app/local/shop.ts';
import { type LivePage, startLivePage } from './live-page.ts';

export interface LiveShop extends LivePage {
  shop: RunningShop;
  /** The shop's page. */
  shopUrl: string;
}

export async function startLiveShop(): Promise<LiveShop> {
  const page = await startLivePage();
  const { live, folder, browserToken } = page;
  const shop = await startShop({
    port: 0,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: live.otlp.http,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${live.key}`,
      OTEL_LOGS_EXPORTER: 'otlp',
      METRICS_TRANSPORT: 'otlp',
      BROWSER_OTLP_ENDPOINT: live.otlp.http,
      BROWSER_OTLP_TOKEN: browserToken,
      LOG_DIR: folder,
      LIVE_URL: live.url,
    },
    print: (service, line) => line.startsWith('{') || process.stderr.write(`${service}: ${line}\n`),
  });
  return {
    ...page,
    shop,
    shopUrl: `http://127.0.0.1:${shop.ports.storefront.port}`,
    async stop() {
      await shop.stop();
      await page.stop();
    },
  };
}
