/** Where the built form of a module is that a process or thread of its own runs: beside this one, or where the build has put it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param name of the module in this folder, without its ending */
export function builtFile(name: string): string {
  const files = [`./${name}.js`, `../../../dist/live/server/receive/${name}.js`].map((file) =>
    fileURLToPath(new URL(file, import.meta.url)),
  );
  return files.find((file) => existsSync(file)) ?? (files[0] as string);
}
