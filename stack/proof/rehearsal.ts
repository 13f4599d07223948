import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { named, rehearse } from '../../database/rehearsal.ts';
import { ROOT } from '../../telemetry/root.ts';
import { fail } from './stores.ts';

/**
 * Has the run's checkout be slow in the database and keep a lock, and its search wait for that lock: where this runs beside the database, directly; on the
 * host by the container that watches it.
 */
export async function rehearseDatabase(holder: string, waiter: string, literal: string): Promise<void> {
  const traceparent = (traceId: string) => `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
  const told = [traceparent(holder), traceparent(waiter), literal] as const;
  try {
    if (process.env.PGPASSWORD_FILE) await rehearse(named(process.env), ...told);
    else {
      const command = ['compose', 'exec', '-T', 'database', 'node', 'dist/database/rehearsal.js', ...told];
      await promisify(execFile)('docker', command, { cwd: ROOT });
    }
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr || (error as Error).message).trim();
    const [line = ''] = said.split('\n').slice(-1);
    fail(/is not running|no such service/i.test(line) ? 'database' : 'postgres', `cannot be worked with: ${line}`);
  }
}
