/** The log view: the last TAIL matching records, numbered, so that a client knows how many it missed. */

import type { Follower } from '../intake/intake.ts';
import { type LogFilter, logLine, logTest, newestSteps } from '../query/logs.ts';
import type { Live } from '../receive/live.ts';
import type { LogBlock } from '../store/block.ts';
import { GoneError, inSlices } from '../store/slices.ts';
import { emptyRows, type Section, section } from './frames.ts';
import { type Position, STREAM, type View } from './view.ts';

const TAIL = 500;
/** Records that a new view begins with: the newest that are held. */
const BEGIN = 200;
/** Text of one frame: of more, the newest lines are sent and the others counted as missed. */
const MOST_BYTES = 2 ** 20;
/** Of one line; /api/logs has the whole. */
const MOST_CHARACTERS = 2 ** 14;

export class LogTail implements View {
  readonly id: number;
  readonly request: View['request'];
  private readonly live: Live;
  private readonly follower: Follower;
  /** Record n is at n % TAIL. References, not texts: of a flood only what is sent is ever read. */
  private readonly tail: { block: LogBlock; row: number }[] = [];
  private total = 0;
  private closed = false;
  /** Sections by their first row, until there is another record. */
  private readonly made = new Map<number, Section>();

  constructor(id: number, request: View['request'], live: Live) {
    this.id = id;
    this.request = request;
    this.live = live;
    const { text, level, service, traceId } = request;
    const filter: LogFilter = { text, level, service, traceId, spanId: '', fromMs: Number.NaN, toMs: Number.NaN };
    // What comes while the beginning is looked for stands behind it.
    let behind: { block: LogBlock; row: number }[] | undefined = [];
    this.follower = {
      logs: (committed) => {
        for (const { block, from, to } of committed) {
          const test = logTest(block, filter);
          for (let row = from; test !== undefined && row < to; row++) {
            if (!test(row)) continue;
            if (behind === undefined) this.push(block, row);
            else behind.push({ block, row });
          }
          if (behind !== undefined && behind.length > TAIL) behind.splice(0, behind.length - TAIL);
        }
      },
    };
    const held = newestSteps(live, filter, BEGIN);
    live.followers.add(this.follower);
    inSlices(held, { owner: STREAM, gone: () => this.closed })
      .then((found) => {
        for (const { block, row } of [...found.reverse(), ...(behind ?? [])]) this.push(block, row);
        behind = undefined;
      })
      .catch((error: unknown) => {
        if (!(error instanceof GoneError)) throw error;
      });
  }

  sections(_nowMs: number, position: Position): readonly Section[] {
    if (position.row >= this.total) return [];
    const first = Math.max(position.row, this.total - TAIL);
    position.row = this.total;
    let one = this.made.get(first);
    if (one === undefined) {
      one = this.make(first);
      this.made.set(first, one);
    }
    return [one];
  }

  close(): void {
    this.closed = true;
    this.live.followers.delete(this.follower);
  }

  private push(block: LogBlock, row: number): void {
    this.tail[this.total % TAIL] = { block, row };
    this.total++;
    this.made.clear();
  }

  /** The records from `wanted` on, or as many of the newest as fit into a frame. */
  private make(wanted: number): Section {
    const lines: ReturnType<typeof logLine>[] = [];
    for (let bytes = 0; this.total - lines.length > wanted; ) {
      const ref = this.tail[(this.total - lines.length - 1) % TAIL];
      if (ref === undefined) break;
      const line = logLine(ref, MOST_CHARACTERS);
      bytes += Buffer.byteLength(line.body);
      if (bytes > MOST_BYTES) break;
      lines.push(line);
    }
    const rows = emptyRows('logs');
    for (const { timeMs, severity, service, level, body, traceId, spanId } of lines.reverse()) {
      rows.timeMs.push(timeMs);
      rows.severity.push(severity);
      rows.service.push(service);
      rows.level.push(level);
      rows.body.push(body);
      rows.traceId.push(traceId);
      rows.spanId.push(spanId);
    }
    return section(this.id, 'logs', rows, this.total - lines.length);
  }
}
