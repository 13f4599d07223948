import { describe, expect, it } from 'vitest';
import { fingerprint, MAX_TEXT, maskLiterals, traceContext } from './sql-text.ts';

describe('a statement as it may be stored', () => {
  it.each([
    ["SELECT * FROM a WHERE b = 'ann@example.com' AND c = 12.5e3", 'SELECT * FROM a WHERE b = ? AND c = ?'],
    ["SELECT 'it''s', E'a\\'b', $$x ' y$$, $t$ $$ $t$, U&'x'", 'SELECT ?, ?, ?, ?, ?'],
    ['SELECT "col 1", t2.c3 FROM "t\'4" WHERE x = $1', 'SELECT "col 1", t2.c3 FROM "t\'4" WHERE x = $1'],
    ["SELECT 1 -- it's\n, 2 /* 'x' */", 'SELECT ?  \n, ?'],
    ["SELECT * FROM a WHERE secret = 'cut of", 'SELECT * FROM a WHERE secret = ?'],
    ["SELECT '1' /*traceparent='00-aa", 'SELECT ?'],
  ])('%s', (sql, masked) => expect(maskLiterals(sql)).toBe(masked));

  it('is cut, and says by how much, in a time that does not grow with what is cut off', () => {
    const masked = maskLiterals(`SELECT ${'a, '.repeat(400_000)}`);
    expect(masked.length).toBeLessThan(MAX_TEXT + 50);
    expect(masked).toMatch(/\[\d+ characters more\]$/);
  });
});

describe('a fingerprint', () => {
  it('is the same for what pg_stat_statements, a span and a log line have of a statement', () => {
    const seen = [
      'SELECT id FROM orders WHERE id = ANY($1) AND state IN ($2, $3)',
      "SELECT id\n  FROM orders WHERE id = ANY($1) AND state IN ('a', 'b', 'c') /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
      'SELECT id FROM orders WHERE id = ANY(?) AND state IN (?);',
    ];
    expect(new Set(seen.map(fingerprint)).size).toBe(1);
    expect(fingerprint('SELECT id FROM order_items')).not.toBe(fingerprint('SELECT id FROM orders'));
  });
});

describe('the trace of a statement', () => {
  it('is what its comment names', () => {
    const sql = "SELECT 1 /*db_driver='pg',traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/";
    expect(traceContext(sql)).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      sampled: true,
    });
  });

  it.each(['SELECT 1', `/*traceparent='00-${'0'.repeat(32)}-b7ad6b7169203331-01'*/`, "/*traceparent='00-0af7651916cd43dd84"])(
    'is none in %s',
    (sql) => expect(traceContext(sql)).toBeUndefined(),
  );
});
