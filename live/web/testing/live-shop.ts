/** The page as it is used: built, served by a real live view, which the real shop sends its telemetry to. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningShop, startShop } from '../../../stack/shop.ts';
import { type RunningLive, startLive } from '../../server/main.ts';

export interface LiveShop {
  live: RunningLive;
  shop: RunningShop;
  /** The shop's page. */
  shopUrl: string;
  /** The built page. */
  staticFolder: string;
  /** A link that logs one browser in. */
  loginLink(): Promise<string>;
  stop(): Promise<void>;
}

/** Builds the page into a folder of its own, so that what is tested is what is in the tree. */
export async function startLiveShop(): Promise<LiveShop> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-page-'));
  const staticFolder = join(folder, 'dist');
  await build(staticFolder);
  const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, staticFolder });
  const shop = await startShop({
    port: 0,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: live.otlp.http,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${live.key}`,
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      LOG_DIR: folder,
      LIVE_URL: live.url,
    },
    print: (service, line) => line.startsWith('{') || process.stderr.write(`${service}: ${line}\n`),
  });
  return {
    live,
    shop,
    staticFolder,
    shopUrl: `http://127.0.0.1:${shop.ports.storefront.port}`,
    async loginLink() {
      const response = await fetch(`${live.url}/api/login-links`, {
        method: 'POST',
        headers: { authorization: `Bearer ${live.key}` },
      });
      return ((await response.json()) as { url: string }).url;
    },
    async stop() {
      await shop.stop();
      await live.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As the command line builds it: within a test runner's process React would be its development build. */
async function build(outDir: string): Promise<void> {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  const config = join(import.meta.dirname, '..', 'vite.config.ts');
  const args = [vite, 'build', '--config', config, '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn'];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_ENV: 'production' } });
}
