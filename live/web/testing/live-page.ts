/** The page as it is used: built, and served by a real live view. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BROWSER } from '../../../telemetry/signals.ts';
import { type RunningLive, startLive } from '../../server/main.ts';
import { newToken } from '../../server/receive/keys.ts';

export interface LivePage {
  live: RunningLive;
  /** A key that may send traces and do nothing else. */
  browserToken: string;
  /** A temporary folder. */
  folder: string;
  /** The built page. */
  staticFolder: string;
  /** A link that logs one browser in. */
  loginLink(): Promise<string>;
  stop(): Promise<void>;
}

/** Builds the page into a folder of its own, so that what is tested is what is in the tree. */
export async function startLivePage(): Promise<LivePage> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-page-'));
  const staticFolder = join(folder, 'dist');
  await build(staticFolder);
  const browserToken = newToken();
  const keys = `default ${newToken()},${BROWSER} ${browserToken} 0 traces`;
  const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, staticFolder, keys });
  return {
    live,
    browserToken,
    folder,
    staticFolder,
    async loginLink() {
      const response = await fetch(`${live.url}/api/login-links`, {
        method: 'POST',
        headers: { authorization: `Bearer ${live.key}` },
      });
      return ((await response.json()) as { url: string }).url;
    },
    async stop() {
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
