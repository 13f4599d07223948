/** Sends the server's log on: each line masked, to a file that is shipped like the services' logs, and as an event with its trace; plans as events of their own. */
import { join } from 'node:path';
import { SeverityNumber } from '@opentelemetry/api-logs';
import roll from 'pino-roll';
import { DATABASE, SPAN_ID, TRACE_ID } from '../telemetry/signals.ts';
import type { Emitter } from './emit.ts';
import { LogFiles } from './log-files.ts';
import { type Level, type LogLine, readLogLine } from './log-line.ts';
import { EVENTS, METRICS } from './names.ts';

const SEVERITIES: Record<Level, SeverityNumber> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

export interface LogOptions {
  /** Folder of the server's jsonlog. */
  from: string;
  /** Folder for `postgresql.<n>.log`, masked; none: events only. */
  to?: string | undefined;
  /** The role of those who watch. */
  role?: string | undefined;
}

export class LogShipper {
  private readonly files: LogFiles;
  private readonly emitter: Emitter;
  private readonly say: (line: string) => void;
  private readonly to: Promise<{ write(line: string): unknown }> | undefined;
  private readonly role: string | undefined;
  private trouble = '';

  /** @param say told once of a folder that cannot be read, and of its return */
  constructor({ from, to, role }: LogOptions, emitter: Emitter, say: (line: string) => void) {
    this.files = new LogFiles(from, to && join(to, '.postgresql-positions.json'));
    this.emitter = emitter;
    this.say = say;
    this.role = role;
    this.to =
      to === undefined
        ? undefined
        : roll({ file: join(to, DATABASE), size: '10m', mkdir: true, limit: { count: 3, removeOtherLogFiles: true } });
  }

  /** Ships what was written since the last call. */
  async ship(): Promise<void> {
    let lines: string[];
    try {
      lines = await this.files.read();
      if (this.trouble) this.say('the log of the database can be read again');
      this.trouble = '';
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.trouble)
        this.say(
          `the log of the database cannot be read: ${trouble}; see logging_collector, log_directory and the folder's owner`,
        );
      this.trouble = trouble;
      return;
    }
    const file = await this.to;
    for (const text of lines) {
      const line = readLogLine(text);
      if (!line) {
        this.emitter.count(METRICS.logUnreadable, '{line}', 1, {});
        continue;
      }
      if (this.isNoise(line)) {
        this.emitter.count(METRICS.logSkipped, '{line}', 1, {});
        continue;
      }
      this.emitter.count(METRICS.logLines, '{line}', 1, { level: line.level });
      file?.write(`${JSON.stringify(asFields(line))}\n`);
      this.send(line);
    }
    if (this.files.dropped > 0) this.emitter.count(METRICS.logUnreadable, '{line}', this.files.dropped, {});
    this.files.dropped = 0;
    if (lines.length > 0) await this.files.keep();
  }

  /** A connection is told of in three lines, of which the last says all; those of the watchers themselves, every few seconds, nobody reads. */
  private isNoise({ message, fields }: LogLine): boolean {
    if (/^connection (received|authenticated):/.test(message)) return true;
    return message.startsWith('connection authorized:') && fields['user.name'] === this.role;
  }

  private send({ time, level, message, fields, trace, duration, plan }: LogLine): void {
    const seconds = duration === undefined ? {} : { 'postgresql.query.duration': duration / 1000 };
    const common = { time, severity: SEVERITIES[level], trace };
    this.emitter.event(EVENTS.log, { ...common, body: message, attributes: { ...fields, ...seconds } });
    if (!plan) return;
    const attributes = { ...fields, ...seconds, 'postgresql.plan': JSON.stringify(plan.plan) };
    this.emitter.event(EVENTS.plan, { ...common, body: `plan of ${plan.text}`, attributes });
  }
}

/** The fields of the services' log lines, and the server's own behind them. */
function asFields({ time, level, message, fields, trace }: LogLine): object {
  return {
    time: time.toISOString(),
    level,
    service: DATABASE,
    msg: message,
    ...(trace && { [TRACE_ID]: trace.traceId, [SPAN_ID]: trace.spanId }),
    ...fields,
  };
}
