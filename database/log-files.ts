/** Follows the server's log files: lines as they are written, each once, over restarts of either side. */
import { type FileHandle, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Read at once, at most, of one file: a server that writes faster is followed in the next turn. */
const CHUNK = 2 ** 20;

/** A line that is longer is given up, and counted. */
const MAX_LINE = 4 * 2 ** 20;

interface Place {
  inode: number;
  offset: number;
}

export class LogFiles {
  /** Lines that were too long to keep. */
  dropped = 0;
  private readonly folder: string;
  private readonly positions: string | undefined;
  private places: Record<string, Place> | undefined;
  private readonly begun = new Map<string, Buffer>();

  /**
   * @param folder where the server writes its `*.json` files
   * @param positions the file that remembers how far each was read; without one, reading starts at the end of what is there
   */
  constructor(folder: string, positions?: string) {
    this.folder = folder;
    this.positions = positions;
  }

  /** The lines that were written since the last call, oldest file first. @throws Error where the folder cannot be read */
  async read(): Promise<string[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.json'));
    const files = await Promise.all(names.map(async (name) => ({ name, ...(await stat(join(this.folder, name))) })));
    this.places ??= await this.remembered(files);
    const { places } = this;
    const lines: string[] = [];
    for (const { name, ino, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      const known = places[name];
      // Another file of that name, or the same truncated: from its beginning.
      const offset = known?.inode === ino && known.offset <= size ? known.offset : 0;
      if (offset === 0) this.begun.delete(name);
      places[name] = { inode: ino, offset: offset < size ? await this.readOne(name, offset, lines) : offset };
    }
    for (const name of Object.keys(places)) if (!names.includes(name)) delete places[name];
    return lines;
  }

  /** Remembers how far the lines were read: called once they are where they should go. */
  async keep(): Promise<void> {
    if (this.positions && this.places) await writeFile(this.positions, JSON.stringify(this.places));
  }

  private async remembered(files: readonly { name: string; ino: number; size: number }[]): Promise<Record<string, Place>> {
    const kept = this.positions && (await readFile(this.positions, 'utf8').catch(() => undefined));
    if (kept) {
      try {
        return JSON.parse(kept) as Record<string, Place>;
      } catch {
        // Half written: as if there were none.
      }
    }
    if (this.positions) return {};
    return Object.fromEntries(files.map(({ name, ino, size }) => [name, { inode: ino, offset: size }]));
  }

  /** Appends the file's whole lines from `offset` on; returns the offset behind what was read of them. */
  private async readOne(name: string, offset: number, lines: string[]): Promise<number> {
    const file = await open(join(this.folder, name));
    try {
      const before = this.begun.get(name);
      const from = offset + (before?.length ?? 0);
      const read = await chunk(file, from);
      const bytes = before ? Buffer.concat([before, read]) : read;
      const end = bytes.lastIndexOf(10) + 1;
      for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') lines.push(line);
      const rest = bytes.subarray(end);
      if (rest.length <= MAX_LINE) {
        if (rest.length > 0) this.begun.set(name, Buffer.from(rest));
        else this.begun.delete(name);
        return offset + end;
      }
      this.dropped++;
      this.begun.delete(name);
      return offset + bytes.length;
    } finally {
      await file.close();
    }
  }
}

async function chunk(file: FileHandle, from: number): Promise<Buffer> {
  const buffer = Buffer.alloc(CHUNK);
  const { bytesRead } = await file.read(buffer, 0, CHUNK, from);
  return buffer.subarray(0, bytesRead);
}
