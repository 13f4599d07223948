/** NDJSON: rows as they come, one JSON object a line. A client too slow for them gets {"gap": n} where n are missing. */
import type { ServerResponse } from 'node:http';
import { KINDS } from '../derive/operations.ts';
import type { Follower } from '../intake/intake.ts';
import { durationNanos, idText, servicesOf, timeMs } from '../otlp/values.ts';
import { type LogFilter, logRow, logTest } from '../query/logs.ts';
import { type SpanFilter, spanTest } from '../query/match.ts';
import { STATUSES } from '../query/query.ts';
import type { Live } from '../receive/live.ts';

/** What one client may have unread before rows are left out for it. */
const MAX_UNREAD_BYTES = 2 ** 20;

export function followSpans(live: Live, filter: SpanFilter, response: ServerResponse): void {
  const line = lines(response);
  follow(live, response, {
    spans(committed) {
      for (const { block, from, to } of committed) {
        const test = spanTest(block, filter);
        for (let row = from; test !== undefined && row < to; row++) {
          if (test(row)) line(() => spanLine(block, row));
        }
      }
    },
  });
}

export function followLogs(live: Live, filter: LogFilter, response: ServerResponse): void {
  const line = lines(response);
  follow(live, response, {
    logs(committed) {
      for (const { block, from, to } of committed) {
        const test = logTest(block, filter);
        for (let row = from; test !== undefined && row < to; row++) {
          if (test(row)) line(() => logRow({ block, row }));
        }
      }
    },
  });
}

function follow(live: Live, response: ServerResponse, follower: Follower): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  live.followers.add(follower);
  response.on('close', () => live.followers.delete(follower));
}

/** Writes a line, or counts it where the client has too much unread. */
function lines(response: ServerResponse): (row: () => object) => void {
  let gap = 0;
  const closeGap = (): void => {
    if (gap > 0) response.write(`${JSON.stringify({ gap })}\n`);
    gap = 0;
  };
  response.on('drain', closeGap);
  return (row) => {
    if (response.writableLength > MAX_UNREAD_BYTES) {
      gap++;
      return;
    }
    closeGap();
    response.write(`${JSON.stringify(row())}\n`);
  };
}

function spanLine(block: Parameters<typeof spanTest>[0], row: number): object {
  const { columns } = block;
  const meta = columns.meta[row] as number;
  return {
    traceId: idText(columns.trace, row, 4),
    spanId: idText(columns.span, row, 2),
    parentSpanId: idText(columns.parent, row, 2),
    service: servicesOf(block)(row),
    operation: block.dictionary.text(columns.name[row] as number),
    kind: KINDS[meta & 15] ?? 'unspecified',
    status: STATUSES[meta >>> 4] ?? 'unset',
    startMs: timeMs(columns.start, row),
    durationMs: durationNanos(columns.start, columns.end, row) / 1e6,
  };
}
