/** The shape of a trace as columns: small enough for the largest traces. */
import type { SpanBlock } from './block.ts';
import { ANY_SPAN, spanTest } from './match.ts';
import type { TraceTree } from './trace-tree.ts';

/** @param attributes `key=value`: with any, `matches` names the spans of which all hold, or of their resources */
export function waterfall(traceId: string, { startMs, spans }: TraceTree, attributes: string[] = []): object {
  const services = new Map<string, number>();
  const operations = new Map<string, number>();
  const indexIn = (names: Map<string, number>, name: string): number => {
    const index = names.get(name) ?? names.size;
    names.set(name, index);
    return index;
  };
  const durationMs = spans.reduce((most, span) => Math.max(most, span.offsetMs + span.durationMs), 0);
  const service = spans.map((span) => indexIn(services, span.service));
  const operation = spans.map((span) => indexIn(operations, span.operation));
  return {
    traceId,
    startMs,
    durationMs,
    services: [...services.keys()],
    operations: [...operations.keys()],
    spanIds: spans.map(({ spanId }) => spanId),
    parents: spans.map(({ parent }) => parent),
    offsetsMs: spans.map(({ offsetMs }) => offsetMs),
    durationsMs: spans.map((span) => span.durationMs),
    service,
    operation,
    kind: spans.map(({ kind }) => kind),
    status: spans.map(({ status }) => status),
    shiftsMs: spans.some(({ shiftMs }) => shiftMs !== 0) ? spans.map(({ shiftMs }) => shiftMs) : [],
    ...(attributes.length === 0 ? {} : { matches: matching(spans, attributes) }),
  };
}

function matching(spans: TraceTree['spans'], attributes: string[]): number[] {
  const tests = new Map<SpanBlock, ReturnType<typeof spanTest>>();
  return spans.flatMap(({ ref: { block, row } }, index) => {
    if (!tests.has(block)) tests.set(block, spanTest(block, { ...ANY_SPAN, attributes }));
    return tests.get(block)?.(row) === true ? [index] : [];
  });
}
