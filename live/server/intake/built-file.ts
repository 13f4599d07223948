/** Where the built form of a module is that a process or thread of its own runs: beside this one, or where the build has put it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param module its room and its name, without its ending */
export function builtFile(module: string): string {
  const files = [`../${module}.js`, `../../../dist/live/server/${module}.js`].map((file) =>
    fileURLToPath(new URL(file, import.meta.url)),
  );
  return files.find((file) => existsSync(file)) ?? (files[0] as string);
}
