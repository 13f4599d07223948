import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../telemetry/root.ts';

/** Each bench is a process of its own, so that it can pin itself to a core. A bare `npm run bench` runs the first three; the others take minutes or an hour. */
const BENCHES: Record<string, string> = {
  ingest: 'dist/live/bench/ingest.js',
  page: 'dist/live/bench/page.js',
  overhead: 'dist/live/bench/overhead.js',
  start: 'dist/stack/start/bench.js',
  workers: 'dist/live/bench/workers.js',
  clients: 'dist/live/bench/clients.js',
  queries: 'dist/stack/commands/bench-queries.js',
  sizing: 'dist/stack/commands/bench-sizing.js',
  drift: 'dist/live/bench/drift.js',
  database: 'dist/stack/start/database-bench.js',
};
const QUICK = ['ingest', 'page', 'overhead'];

/** `npm run bench [name] [arguments]`: runs one bench, or the quick ones, and passes on what it prints. */
export async function bench([name, ...args]: string[]): Promise<number> {
  for (const one of name ? [name] : QUICK) {
    const file = BENCHES[one];
    if (!file) {
      process.stderr.write(`there is no bench "${one}"; they are ${Object.keys(BENCHES).join(', ')}\n`);
      return 2;
    }
    const { status } = spawnSync(process.execPath, [join(ROOT, file), ...args], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) return 1;
  }
  return 0;
}
