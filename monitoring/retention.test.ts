import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../telemetry/root.ts';
import { type Limit, RETENTION, retentionTable } from './retention.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What stands at a limit's place in its file. */
function found(file: string, { at }: Limit): string | undefined {
  const text = read(file);
  if (file.endsWith('.properties')) return new RegExp(`^${at}=(.*)$`, 'm').exec(text)?.[1];
  if (file.endsWith('.yml') && /^[\w./]+$/.test(at)) {
    const value = at
      .split('.')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], parse(text, { merge: true }));
    return value === undefined ? undefined : String(value);
  }
  return text.slice(text.indexOf(at) + at.length).match(/^\s*('[^']*'|[^\s,}]+)/)?.[1];
}

describe('the table of what is kept', () => {
  const limits = RETENTION.flatMap(({ file, store, time, size }) =>
    [time, size].flatMap((limit) => (limit ? [{ name: `${store}: ${limit.at}`, file, limit }] : [])),
  );

  it.each(limits)('says what the file says: $name', ({ file, limit }) => {
    expect(read(file)).toContain(limit.at.split('.').at(-1));
    expect(found(file, limit)).toBe(limit.value);
  });

  it('gives every store a limit, of time or of size', () => {
    for (const { store, time, size } of RETENTION) expect([time, size].filter(Boolean).length, store).toBeGreaterThan(0);
  });

  it('is the one that docs/scale.md shows', () => {
    expect(read('docs/scale.md')).toContain(retentionTable());
  });
});
