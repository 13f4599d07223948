/** What several routes read from their query or path. */

import type { LogFilter } from '../query/logs.ts';
import { BadRequestError, NotFoundError, type Query, STATUSES, TRACE_ID } from '../query/query.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { traceSteps } from '../trace/trace-rows.ts';
import type { BlockRows } from '../trace/tree.ts';

export function statusCode(query: Query): number {
  return (STATUSES as readonly string[]).indexOf(query.text('status'));
}

export function logFilter(query: Query): LogFilter {
  return {
    text: query.text('text'),
    level: query.text('level'),
    service: query.text('service'),
    traceId: query.text('traceId'),
    spanId: '',
    fromMs: Number.NaN,
    toMs: Number.NaN,
  };
}

/** The rows of a trace. @throws BadRequestError, NotFoundError */
export function* heldSteps(live: Live, traceId = ''): Steps<BlockRows[]> {
  if (!TRACE_ID.pattern.test(traceId)) throw new BadRequestError('a trace id has 32 lower-case hexadecimal digits');
  const byBlock = yield* traceSteps(live, traceId);
  if (byBlock.length === 0) throw new NotFoundError(`trace ${traceId} is not held: it was evicted, or never came`);
  return byBlock;
}

/** A page of a list that is sorted: the cursor is where it goes on. */
export function pageOf<T>(all: readonly T[], query: Query): { page: T[]; next: string | null } {
  const from = Number(query.text('cursor'));
  const to = from + query.number('limit');
  return { page: all.slice(from, to), next: to < all.length ? String(to) : null };
}
