/** Starts and stops the sender of load-child.ts. */
import { startChild } from './child.ts';
import type { LiveProcess } from './live-process.ts';

export interface LoadOptions {
  port: number;
  key: string;
  spansPerSecond: number;
  /** Requests in turn: of which service, and of how many spans. `remember`: so many of its last trace ids are told at the end. */
  streams: { service: string; size: number; remember?: number }[];
  /** Whether to note each batch. */
  record: boolean;
}

export interface LoadReport {
  spans: number;
  /** When the spans of each batch ended (ms since 1970), how long after that it left, and how many spans had been sent with it. */
  endsMs: number[];
  lateMs: number[];
  covered: number[];
  last: Record<string, string[]>;
}

export interface Load {
  /** Ends the load and tells what was sent: all of it was answered well. @throws Error where it was not */
  stop(): Promise<LoadReport>;
  /** Ends it, whatever its state. */
  kill(): Promise<void>;
}

/** Starts sending. */
export async function startLoad(live: LiveProcess, options: Omit<LoadOptions, 'port' | 'key'>): Promise<Load> {
  const child = startChild('load-child', { ...options, port: Number(new URL(live.otlp.http).port), key: live.key });
  await child.ask('start');
  return {
    async stop() {
      const report = (await child.ask('stop')) as LoadReport;
      await child.stop();
      return report;
    },
    kill: child.stop,
  };
}
