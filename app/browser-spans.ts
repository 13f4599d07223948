import { z } from 'zod';
import { redact } from '../telemetry/redact.ts';
import { ATTRIBUTES, BROWSER, BROWSER_SPANS, NAMESPACE, VITALS } from '../telemetry/signals.ts';

/** Attributes that a page's span may keep; whatever else its instrumentations or a stranger put there goes, and is counted as dropped. */
const KEPT = new Set<string>([
  ...[ATTRIBUTES.method, ATTRIBUTES.status, ATTRIBUTES.url, ATTRIBUTES.errorType],
  ...[ATTRIBUTES.vital, ATTRIBUTES.vitalValue, ATTRIBUTES.vitalRating],
  ATTRIBUTES.synthetic,
]);

/** Four times what a page sends at once. */
const MOST_SPANS = 100;

/** OTLP's span kinds: a page calls, and nobody calls it. */
const INTERNAL = 1;
const CLIENT = 3;

/** A list that is read only if it is short: a thousand wrong things would cost a thousand complaints. */
const few = <T extends z.ZodType>(most: number, item: T) => z.array(z.unknown()).max(most).pipe(z.array(item));

const id = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hexadecimal digits`);
const nanoseconds = z.string().regex(/^\d{1,19}$/, 'must be nanoseconds, as text');
const count = z.number().int().nonnegative().default(0);

/** A scalar: text masked as the logger masks its lines, or a number or a truth. */
const value = z.union([
  z.object({ stringValue: z.string().max(500).transform(redact) }),
  z.object({ intValue: z.union([z.number().int(), z.string().regex(/^-?\d{1,18}$/)]) }),
  z.object({ doubleValue: z.number() }),
  z.object({ boolValue: z.boolean() }),
]);
const keptAttribute = z.object({ key: z.string(), value });
const anyAttribute = z.object({ key: z.string(), value: z.unknown() });

const span = z
  .object({
    traceId: id(32),
    spanId: id(16),
    parentSpanId: id(16).or(z.literal('')).optional(),
    name: z.enum(BROWSER_SPANS, 'is no span of the page: BROWSER_SPANS of signals.ts lists them'),
    kind: z.union([z.literal(INTERNAL), z.literal(CLIENT)], 'must be internal (1) or client (3)'),
    startTimeUnixNano: nanoseconds,
    endTimeUnixNano: nanoseconds,
    attributes: few(64, anyAttribute).default([]),
    droppedAttributesCount: count,
    events: few(64, z.object({ timeUnixNano: nanoseconds, name: z.string().max(60).transform(redact) })).default([]),
    links: few(8, z.object({ traceId: id(32), spanId: id(16) })).default([]),
    status: z.object({ code: z.number().int().min(0).max(2).default(0) }).default({ code: 0 }),
    flags: z.number().int().nonnegative().optional(),
  })
  .transform((given) => {
    const attributes = given.attributes.flatMap((one) => {
      const kept = KEPT.has(one.key) ? keptAttribute.safeParse(one) : undefined;
      return kept?.success ? [kept.data] : [];
    });
    const dropped = given.droppedAttributesCount + given.attributes.length - attributes.length;
    return { ...given, attributes, droppedAttributesCount: dropped };
  });

const serviceNames = ({ attributes }: { attributes: z.infer<typeof anyAttribute>[] }) =>
  attributes.filter(({ key }) => key === 'service.name').map(({ value }) => (value as { stringValue?: unknown })?.stringValue);

/** The page's identity is not the page's to choose: it must name itself, and gets these attributes and no others. */
const RESOURCE = {
  attributes: Object.entries({
    'service.name': BROWSER,
    'service.namespace': NAMESPACE,
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'webjs',
  }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
};
const resource = z
  .object({ attributes: few(64, anyAttribute) })
  .refine((given) => {
    const names = serviceNames(given);
    return names.length > 0 && names.every((name) => name === BROWSER);
  }, `service.name must be ${BROWSER}: a page speaks for itself alone`)
  .transform(() => RESOURCE);

const scope = z.object({ name: z.string().max(100).transform(redact).optional(), version: z.string().max(20).optional() });

/**
 * What a page may post, as OTLP's JSON: spans of its own, of known names, with few attributes. What is taken comes out anew, so that nothing else passes:
 * no other signal, resource or attribute, no personal data in text.
 */
export const browserSpans = z.object({
  resourceSpans: few(
    10,
    z.object({ resource, scopeSpans: few(20, z.object({ scope: scope.optional(), spans: few(MOST_SPANS, span) })) }),
  ).refine((of) => of.length > 0, 'holds no spans'),
});

export type BrowserSpans = z.infer<typeof browserSpans>;
export type BrowserSpan = z.infer<typeof span>;

export const spansOf = ({ resourceSpans }: BrowserSpans): BrowserSpan[] =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));

const MOST_MILLISECONDS = 600_000;
const vitalAttributes = z.object({
  [ATTRIBUTES.vital]: z.enum(VITALS),
  [ATTRIBUTES.vitalValue]: z.number().min(0).max(MOST_MILLISECONDS),
});

/** The Web Vital that a span reports: its name, and its value in milliseconds (a score for `cls`). */
export function vitalOf({ attributes }: BrowserSpan) {
  const given = Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  const vital = vitalAttributes.safeParse(given).data;
  return vital && { name: vital[ATTRIBUTES.vital], value: vital[ATTRIBUTES.vitalValue] };
}

/** Latency and a computer that keeps its time explain less than this, in milliseconds. */
const CLOCK_IS_RIGHT = 2000;

/** The spans as the clock here has it, where the sender's (Unix milliseconds, as it sent; NaN where it did not say) is off by seconds. */
export function onOurClock({ resourceSpans }: BrowserSpans, sentAt: number, now = Date.now()): BrowserSpans {
  const off = now - sentAt;
  if (!(Math.abs(off) > CLOCK_IS_RIGHT)) return { resourceSpans };
  const nanos = BigInt(Math.round(off)) * 1_000_000n;
  const moved = (time: string) => String(BigInt(time) + nanos);
  const onSpan = (span: BrowserSpan): BrowserSpan => ({
    ...span,
    startTimeUnixNano: moved(span.startTimeUnixNano),
    endTimeUnixNano: moved(span.endTimeUnixNano),
    events: span.events.map((event) => ({ ...event, timeUnixNano: moved(event.timeUnixNano) })),
  });
  return {
    resourceSpans: resourceSpans.map((of) => ({
      ...of,
      scopeSpans: of.scopeSpans.map((scope) => ({ ...scope, spans: scope.spans.map(onSpan) })),
    })),
  };
}
