import type { WaterfallAnswer } from './trace-model.ts';

/** A small trace for tests: [id, parent (a row, -1 or -2), start, duration, service, operation, status]. */
export type SpanRow = readonly [
  id: string,
  parent: number,
  startMs: number,
  durationMs: number,
  service?: string,
  operation?: string,
  status?: number,
];

export function waterfallOf(rows: readonly SpanRow[]): WaterfallAnswer {
  const services = [...new Set(rows.map(([, , , , service = 'a']) => service))];
  const operations = [...new Set(rows.map(([, , , , , operation = 'work']) => operation))];
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    startMs: 1_700_000_000_000,
    services,
    operations,
    spanIds: rows.map(([id]) => id.padStart(16, '0')),
    parents: rows.map(([, parent]) => parent),
    offsetsMs: rows.map(([, , start]) => start),
    durationsMs: rows.map(([, , , duration]) => duration),
    service: rows.map(([, , , , service = 'a']) => services.indexOf(service)),
    operation: rows.map(([, , , , , operation = 'work']) => operations.indexOf(operation)),
    kind: rows.map(() => 1),
    status: rows.map(([, , , , , , status = 0]) => status),
    shiftsMs: [],
  };
}
