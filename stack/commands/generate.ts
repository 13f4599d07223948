import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { generatedFiles } from '../../monitoring/generated.ts';
import { ROOT } from '../../telemetry/root.ts';

/** `npm run generate [-- --check]` */
export function generateCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { check: { type: 'boolean', default: false } } });
  return generate({ check: values.check });
}

/**
 * Writes every generated file below `root`. With `check` it writes nothing and names each file that differs. Returns the exit code: 0 well,
 * 1 a file differs.
 */
export async function generate({ check, root = ROOT }: { check: boolean; root?: string }): Promise<number> {
  const files = generatedFiles(parseEnv(await readFile(join(root, '.env'), 'utf8')));
  let differing = 0;
  for (const [path, text] of files) {
    const before = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (before === text) continue;
    differing += 1;
    if (check)
      console.error(`${path} ${before === undefined ? 'is missing' : 'is not what the tables say'}; run: npm run generate`);
    else {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
      console.log(`${path} written`);
    }
  }
  return check && differing ? 1 : 0;
}
