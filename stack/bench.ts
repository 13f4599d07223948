import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../telemetry/root.ts';

/** Each bench is a process of its own, so that it can pin itself to a core: dist/live/bench and dist/telemetry/bench hold them. */
const FOLDERS = ['live', 'telemetry'].map((folder) => join(ROOT, 'dist', folder, 'bench'));
/** Those that a bare `npm run bench` runs; the others take long. */
const QUICK = ['ingest', 'page', 'overhead'];

/** `npm run bench [name] [arguments]`: runs one bench, or the quick ones, and passes on what it prints. */
export async function bench([name, ...args]: string[]): Promise<number> {
  for (const one of name ? [name] : QUICK) {
    const file = FOLDERS.map((folder) => join(folder, `${one}.js`)).find(existsSync);
    if (!file) {
      const known = FOLDERS.flatMap((folder) => readdirSync(folder)).filter((entry) => entry.endsWith('.js'));
      process.stderr.write(`there is no bench "${one}"; the files are ${known.join(', ')}\n`);
      return 2;
    }
    const { status } = spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) return 1;
  }
  return 0;
}
