import { expect, it } from 'vitest';
import { millisecondsBetween, readSpan } from './otlp-span.ts';

const span = {
  name: 'POST /orders',
  kind: 2,
  status: { code: 2, message: 'payment declined' },
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '1700000000012500001',
  attributes: [
    { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'b' }] } } },
    { key: 'http.route', value: { stringValue: '/orders' } },
    { key: 'map', value: { kvlistValue: { values: [{ key: 'deep', value: { boolValue: true } }] } } },
    { key: 'none', value: {} },
  ],
  events: [
    {
      name: 'exception',
      timeUnixNano: '1700000000001000001',
      attributes: [{ key: 'exception.type', value: { stringValue: 'Declined' } }],
    },
  ],
  links: [{ traceId: 'aa', spanId: 'bb' }],
  droppedAttributesCount: 3,
};

it('reads a span with attributes of every kind, sorted by key', () => {
  const read = readSpan({
    resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'http', version: '1.2' }, spans: [span] }] }],
  });
  expect(read).toMatchObject({ kind: 'server', status: 'error', message: 'payment declined', scope: 'http 1.2', dropped: 3 });
  expect(read?.attributes).toEqual([
    { key: 'http.route', value: '/orders' },
    { key: 'list', value: '["1","b"]' },
    { key: 'map', value: '{"deep":true}' },
    { key: 'none', value: '' },
  ]);
  expect(read?.events[0]?.attributes[0]).toEqual({ key: 'exception.type', value: 'Declined' });
});

it('reads enumerations by name, and fields that are not there as empty', () => {
  const read = readSpan({
    resourceSpans: [{ scopeSpans: [{ spans: [{ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_OK' } }] }] }],
  });
  expect(read).toMatchObject({ name: '', kind: 'client', status: 'ok', attributes: [], events: [], dropped: 0 });
});

it.each([undefined, null, {}, { resourceSpans: 'x' }, { resourceSpans: [{}] }])('finds no span in %j', (data) =>
  expect(readSpan(data)).toBeUndefined(),
);

it('subtracts nanoseconds without losing them', () => {
  expect(millisecondsBetween(span.startTimeUnixNano, span.endTimeUnixNano)).toBe(12.5);
  expect(millisecondsBetween('1700000000000000001', '1700000000000000002')).toBe(0.000001);
});
