import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpError } from './errors.ts';

/**
 * A process has its `service.version` from its start to its end, so the fault bad-deploy is what any deploy is: the process ends, and whoever started
 * it (Docker, `npm start`) starts it again. A note in the log folder, which outlives it, says which release that is.
 */

/** The exit code that asks for the next start; Docker's restart policy asks for none. */
export const NEXT_RELEASE = 75;

type Environment = Record<string, string | undefined>;

const noteFile = ({ LOG_DIR, ROLE }: Environment) => (LOG_DIR && ROLE ? join(LOG_DIR, `next-release-of-${ROLE}`) : undefined);

/** Until when the bad release runs, in Unix milliseconds; undefined: the good one does. */
export function badUntil(env: Environment): number | undefined {
  const file = noteFile(env);
  if (!file) return undefined;
  try {
    const until = Number(readFileSync(file, 'utf8'));
    if (until > Date.now()) return until;
    rmSync(file, { force: true });
  } catch {
    // No note: nobody has deployed anything.
  }
  return undefined;
}

/** Notes which release the next start is: the bad one until `until`, without it the good one. Throws HttpError 409 where there is no folder for the note. */
export function noteRelease(env: Environment, until?: number): void {
  const file = noteFile(env);
  if (!file) throw new HttpError(409, 'no_log_folder', 'bad-deploy needs a folder that outlives the process; set LOG_DIR');
  if (until) writeFileSync(file, String(until));
  else rmSync(file, { force: true });
}
