/** Small, telling OTLP requests for tests. */
import { objectToProtobuf } from '../otlp/json-to-protobuf.ts';
import type { MessageName } from '../otlp/schema.ts';

export interface SpanSpec {
  trace?: string;
  id?: string;
  parent?: string;
  name?: string;
  kind?: number;
  startMs?: number;
  durationMs?: number;
  error?: boolean;
  attributes?: Record<string, string | number | boolean>;
}

let serial = 0;

/** A new id of `length` hexadecimal digits, never all zeros. */
export function newId(length: 16 | 32): string {
  serial++;
  return (length === 32 ? 'feed' : '5') + serial.toString(16).padStart(length - (length === 32 ? 4 : 1), '0');
}

export function attributes(object: Record<string, string | number | boolean>): object[] {
  return Object.entries(object).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'number'
          ? { intValue: String(value) }
          : { boolValue: value },
  }));
}

const nanos = (ms: number): string => (BigInt(Math.round(ms * 1000)) * 1000n).toString();

function spanObject(spec: SpanSpec): object {
  const startMs = spec.startMs ?? Date.now() - 100;
  return {
    traceId: spec.trace ?? newId(32),
    spanId: spec.id ?? newId(16),
    ...(spec.parent === undefined ? {} : { parentSpanId: spec.parent }),
    name: spec.name ?? 'GET /',
    kind: spec.kind ?? 2,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(startMs + (spec.durationMs ?? 10)),
    attributes: attributes(spec.attributes ?? {}),
    status: spec.error === true ? { code: 2, message: 'it failed' } : {},
  };
}

export function tracesObject(service: string, specs: readonly SpanSpec[]): object {
  return { resourceSpans: [{ ...resource(service), scopeSpans: [{ scope: { name: 'test' }, spans: specs.map(spanObject) }] }] };
}

export interface LogSpec {
  body?: string;
  severity?: number;
  timeMs?: number;
  trace?: string;
  span?: string;
  attributes?: Record<string, string | number | boolean>;
}

function logsObject(service: string, specs: readonly LogSpec[]): object {
  const logRecords = specs.map((spec) => ({
    timeUnixNano: nanos(spec.timeMs ?? Date.now()),
    severityNumber: spec.severity ?? 9,
    body: { stringValue: spec.body ?? 'hello' },
    attributes: attributes(spec.attributes ?? {}),
    ...(spec.trace === undefined ? {} : { traceId: spec.trace }),
    ...(spec.span === undefined ? {} : { spanId: spec.span }),
  }));
  return { resourceLogs: [{ ...resource(service), scopeLogs: [{ scope: {}, logRecords }] }] };
}

function metricsObject(service: string, metrics: readonly object[]): object {
  return { resourceMetrics: [{ ...resource(service), scopeMetrics: [{ scope: {}, metrics }] }] };
}

function resource(service: string): object {
  return { resource: { attributes: attributes({ 'service.name': service }) } };
}

const encode = (message: MessageName, object: object): Buffer => Buffer.from(objectToProtobuf(object, message));
export const traces = (service: string, specs: readonly SpanSpec[]): Buffer => encode('TracesData', tracesObject(service, specs));
export const logs = (service: string, specs: readonly LogSpec[]): Buffer => encode('LogsData', logsObject(service, specs));
export const metrics = (service: string, list: readonly object[]): Buffer => encode('MetricsData', metricsObject(service, list));

/** Waits until `holds` gives something, for 10 s at most. */
export async function until<T>(holds: () => T | undefined | false | Promise<T | undefined | false>, what: string): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = await holds();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
