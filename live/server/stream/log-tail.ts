/** The log view: the last TAIL matching records, numbered, so that a client knows how many it missed. */

import { type LogFilter, logRow, logTest, newest } from '../query/logs.ts';
import type { Follower } from '../receive/intake.ts';
import type { Live } from '../receive/live.ts';
import type { LogBlock } from '../store/block.ts';
import { emptyRows, type Section, section } from './frames.ts';
import type { Position, View } from './view.ts';

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
  /** Sections by their first row, until there is another record. */
  private readonly made = new Map<number, Section>();

  constructor(id: number, request: View['request'], live: Live) {
    this.id = id;
    this.request = request;
    this.live = live;
    const { text, level, service, traceId } = request;
    const filter: LogFilter = { text, level, service, traceId, spanId: '', fromMs: Number.NaN, toMs: Number.NaN };
    for (const { block, row } of newest(live, filter, BEGIN).reverse()) this.push(block, row);
    this.follower = {
      logs: (committed) => {
        for (const { block, from, to } of committed) {
          const test = logTest(block, filter);
          for (let row = from; test !== undefined && row < to; row++) if (test(row)) this.push(block, row);
        }
      },
    };
    live.followers.add(this.follower);
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
    this.live.followers.delete(this.follower);
  }

  private push(block: LogBlock, row: number): void {
    this.tail[this.total % TAIL] = { block, row };
    this.total++;
    this.made.clear();
  }

  /** The records from `wanted` on, or as many of the newest as fit into a frame. */
  private make(wanted: number): Section {
    const lines: ReturnType<typeof logRow>[] = [];
    for (let bytes = 0; this.total - lines.length > wanted; ) {
      const ref = this.tail[(this.total - lines.length - 1) % TAIL];
      if (ref === undefined) break;
      const line = logRow(ref);
      if (line.body.length > MOST_CHARACTERS) line.body = `${line.body.slice(0, MOST_CHARACTERS)}…`;
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
