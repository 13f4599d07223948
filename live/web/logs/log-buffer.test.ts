import { describe, expect, it } from 'vitest';
import { decodeFrame, type Table } from '../../server/stream/frame-layout.ts';
import { encodeFrame, section } from '../../server/stream/frames.ts';
import type { LogRecord } from '../api/types.ts';
import { appendSection, CAPACITY, emptyBuffer, prependHistory } from './log-buffer.ts';

function logs(bodies: string[], first: number, view = 1): Table<'logs'> {
  const all = (text: string) => bodies.map(() => text);
  const encoded = section(
    view,
    'logs',
    {
      timeMs: bodies.map((_, i) => 1000 + first + i),
      severity: bodies.map(() => 9),
      service: all('orders'),
      level: all('info'),
      body: bodies,
      traceId: all(''),
      spanId: all(''),
    },
    first,
  );
  const bytes = encodeFrame({ sequence: 1, timeMs: 0, skipped: 0, encodeMs: 0 }, [encoded]);
  return decodeFrame(bytes.slice().buffer).sections[0] as Table<'logs'>;
}
const record = (body: string, timeMs: number): LogRecord => ({
  timeMs,
  service: 'orders',
  level: 'info',
  body,
  traceId: '',
  spanId: '',
  attributes: {},
});

describe('the tail', () => {
  it('goes on from section to section', () => {
    const buffer = emptyBuffer();
    appendSection(buffer, logs(['a', 'b'], 10));
    appendSection(buffer, logs(['c'], 12));
    expect(buffer.lines.map(({ body }) => body)).toEqual(['a', 'b', 'c']);
    expect(new Set(buffer.lines.map(({ key }) => key)).size).toBe(3);
  });

  it('says how many lines were lost, where they were lost', () => {
    const buffer = emptyBuffer();
    appendSection(buffer, logs(['a'], 10));
    appendSection(buffer, logs(['z'], 500));
    expect(buffer.lines.map(({ body, lost }) => body || lost)).toEqual(['a', 489, 'z']);
    expect(buffer.added).toBe(2);
  });

  it('takes a line that comes twice once', () => {
    const buffer = emptyBuffer();
    appendSection(buffer, logs(['a', 'b'], 10));
    appendSection(buffer, logs(['b', 'c'], 11));
    expect(buffer.lines.map(({ body }) => body)).toEqual(['a', 'b', 'c']);
  });

  it('counts anew in another subscription: no gap is invented', () => {
    const buffer = emptyBuffer();
    appendSection(buffer, logs(['a'], 10, 1));
    appendSection(buffer, logs(['b'], 900, 2));
    expect(buffer.lines.map(({ lost }) => lost)).toEqual([0, 0]);
  });

  it('is bounded, and keeps the newest', () => {
    const buffer = emptyBuffer();
    for (let first = 0; first < 20_000; first += 500)
      appendSection(
        buffer,
        logs(
          Array.from({ length: 500 }, (_, i) => `${first + i}`),
          first,
        ),
      );
    expect(buffer.lines.length).toBeLessThanOrEqual(CAPACITY * 1.1);
    expect(buffer.lines.at(-1)?.body).toBe('19999');
    expect(buffer.added).toBe(20_000);
  });
});

it('history goes in front, oldest first, without what the stream brought too', () => {
  const buffer = emptyBuffer();
  appendSection(buffer, logs(['c', 'd'], 2));
  prependHistory(buffer, [record('c', 1002), record('b', 1001), record('a', 1000)]);
  expect(buffer.lines.map(({ body }) => body)).toEqual(['a', 'b', 'c', 'd']);
});

it('a view that begins anew, after a lost connection, brings no line twice', () => {
  const buffer = emptyBuffer();
  prependHistory(buffer, [record('b', 1001), record('a', 1000)]);
  appendSection(buffer, logs(['a', 'b', 'c'], 0, 7));
  expect(buffer.lines.map(({ body }) => body)).toEqual(['a', 'b', 'c']);
  appendSection(buffer, logs(['b', 'c', 'd'], 1, 8));
  expect(buffer.lines.map(({ body }) => body)).toEqual(['a', 'b', 'c', 'd']);
});
