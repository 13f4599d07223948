/** One span as OTLP JSON brings it, made ready to be read. */
import { KINDS } from './trace-model.ts';

type Fields = Record<string, unknown>;

export interface Attribute {
  key: string;
  value: string;
}

export interface SpanDetails {
  name: string;
  kind: string;
  status: 'unset' | 'ok' | 'error';
  message: string;
  /** As they came, before any shift. */
  startNano: string;
  endNano: string;
  attributes: Attribute[];
  resource: Attribute[];
  scope: string;
  events: { name: string; timeNano: string; attributes: Attribute[] }[];
  links: { traceId: string; spanId: string }[];
  /** Attributes, events and links that its SDK left out. */
  dropped: number;
}

/** Reads the first span of a TracesData in OTLP's JSON mapping; undefined where there is none. */
export function readSpan(data: unknown): SpanDetails | undefined {
  for (const resourceSpans of list(data, 'resourceSpans')) {
    for (const scopeSpans of list(resourceSpans, 'scopeSpans')) {
      const span = list(scopeSpans, 'spans')[0];
      if (!span) continue;
      const status = fields(span.status);
      const scope = fields(scopeSpans.scope);
      return {
        name: text(span.name),
        kind: KINDS[numberOf(span.kind)] ?? 'unspecified',
        status: (['unset', 'ok', 'error'] as const)[numberOf(status.code)] ?? 'unset',
        message: text(status.message),
        startNano: text(span.startTimeUnixNano),
        endNano: text(span.endTimeUnixNano),
        attributes: readAttributes(span),
        resource: readAttributes(fields(resourceSpans.resource)),
        scope: [text(scope.name), text(scope.version)].filter(Boolean).join(' '),
        events: list(span, 'events').map((event) => ({
          name: text(event.name),
          timeNano: text(event.timeUnixNano),
          attributes: readAttributes(event),
        })),
        links: list(span, 'links').map((link) => ({ traceId: text(link.traceId), spanId: text(link.spanId) })),
        dropped: numberOf(span.droppedAttributesCount) + numberOf(span.droppedEventsCount) + numberOf(span.droppedLinksCount),
      };
    }
  }
  return undefined;
}

/** Milliseconds from one instant to another, both nanoseconds since 1970 in decimal; exact to the nanosecond. */
export function millisecondsBetween(fromNano: string, toNano: string): number {
  return Number(BigInt(toNano || 0) - BigInt(fromNano || 0)) / 1e6;
}

function readAttributes(of: Fields): Attribute[] {
  return list(of, 'attributes')
    .map(({ key, value }) => ({ key: text(key), value: readValue(value) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** An AnyValue: lists and maps as JSON, everything else as its text. */
function readValue(value: unknown): string {
  const plain = plainValue(value);
  return typeof plain === 'object' ? JSON.stringify(plain) : String(plain);
}

function plainValue(value: unknown): unknown {
  const one = fields(value);
  if ('arrayValue' in one) return list(fields(one.arrayValue), 'values').map(plainValue);
  if ('kvlistValue' in one) {
    return Object.fromEntries(list(fields(one.kvlistValue), 'values').map((pair) => [text(pair.key), plainValue(pair.value)]));
  }
  return Object.values(one)[0] ?? '';
}

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const list = (of: unknown, name: string): Fields[] => {
  const value = fields(of)[name];
  return Array.isArray(value) ? value : [];
};
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
/** Enumerations may come as numbers or as the last part of their names. */
const NAMES = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const numberOf = (value: unknown): number => {
  if (typeof value === 'string' && value.startsWith('SPAN_KIND_')) return NAMES.indexOf(value.slice(10));
  if (typeof value === 'string' && value.startsWith('STATUS_CODE_')) return ['UNSET', 'OK', 'ERROR'].indexOf(value.slice(12));
  return Number(value ?? 0) || 0;
};
