import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that the files below `folder` take on the disk; a file with holes counts what it holds, and one that is deleted meanwhile nothing. */
export async function diskUse(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await diskUse(path).catch(gone);
    else if (entry.isFile()) bytes += await lstat(path).then(({ blocks }) => blocks * 512, gone);
  }
  return bytes;
}

function gone(error: NodeJS.ErrnoException): number {
  if (error.code === 'ENOENT') return 0;
  throw error;
}
