import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, found upwards from this module: the same for the sources and for the build in dist/. */
export const ROOT = above(import.meta.dirname);

function above(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : above(dirname(folder));
}
