/** The loop: a sample each second, everything else every five, over whatever the database does meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SeverityNumber } from '@opentelemetry/api-logs';
import type pg from 'pg';
import { sampleActivity } from './activity.ts';
import type { Emitter } from './emit.ts';
import type { LogShipper } from './log-shipper.ts';
import { EVENTS, METRICS } from './names.ts';
import { ServerReader } from './server.ts';
import { Obstacle, openSession, type Session } from './session.ts';
import { StatementReader } from './statement-reader.ts';

/** Milliseconds. */
const SAMPLE_MS = 1000;
/** Samples between two readings of everything. */
const READ_EVERY = 5;
/** How long to wait for a database that is away. */
const RETRY_MS = 2000;
/** Where something was missing, it may have been mended: look again after so many samples. */
const LOOK_AGAIN = 60;

export interface WatchOptions {
  database: pg.ClientConfig;
  emitter: Emitter;
  log?: LogShipper | undefined;
  /** Told of each change of state, one line each. */
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Watches the database until `signal` is aborted. */
export async function watch({ database, emitter, log, say, signal }: WatchOptions): Promise<void> {
  const statements = new StatementReader();
  const server = new ServerReader();
  const hints = new Set<string>();
  let state = '';
  const tell = (line: string, severity = SeverityNumber.WARN) => {
    say(line);
    emitter.event(EVENTS.state, { body: line, severity, attributes: {} });
  };
  const become = (next: string, severity?: SeverityNumber) => {
    if (next !== state) tell(next, severity);
    state = next;
  };
  const hint = (line: string) => {
    if (!hints.has(line)) tell(line);
    hints.add(line);
  };
  while (!signal.aborted) {
    let session: Session | undefined;
    try {
      session = await openSession(database, hint);
      become(`watching PostgreSQL ${Math.floor(session.version / 10_000)}`, SeverityNumber.INFO);
      await follow(session);
    } catch (error) {
      become(error instanceof Obstacle ? error.message : `reading the database failed: ${(error as Error).message}`);
      emitter.gauge(METRICS.up, '1', 0, {});
      statements.restart();
      server.restart();
      await log?.ship();
      await emitter.flush();
      await pause(RETRY_MS);
    } finally {
      await session?.close();
    }
  }

  async function follow(session: Session): Promise<void> {
    let counted: Awaited<ReturnType<typeof sampleActivity>> = new Map();
    for (let turn = 0; !signal.aborted; turn++) {
      const began = performance.now();
      emitter.gauge(METRICS.up, '1', 1, {});
      counted = await sampleActivity(session, emitter, counted);
      if (turn % READ_EVERY === 0) {
        if (session.statements) await statements.read(session, session.statements, emitter);
        await server.read(session, emitter);
      }
      await log?.ship();
      emitter.count(METRICS.ownTime, 's', (performance.now() - began) / 1000, {});
      await emitter.flush();
      if (turn === LOOK_AGAIN && session.statements === undefined) return;
      await pause(Math.max(0, SAMPLE_MS - (performance.now() - began)));
    }
  }

  async function pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
  }
}
