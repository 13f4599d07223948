import { expect, it } from 'vitest';
import { mapRows, text } from '../stream/table.ts';
import { tableOf } from './shown-table.ts';

it("makes a table of the stream's form from rows of JSON: texts, numbers, and NaN for what is null or missing", () => {
  const table = tableOf('operations', [
    { service: 'orders', operation: 'POST /orders', kind: 'server', rate: 1.5, errorRate: 0, p50Ms: null },
    { service: 'shop', operation: 'GET /', kind: 'server', rate: 3, errorRate: 0.5, p50Ms: 7 },
  ]);
  const rows = mapRows(table, (of, row) => [
    text(of, of.columns.service, row),
    text(of, of.columns.operation, row),
    of.columns.rate[row],
    of.columns.p50Ms[row],
    of.columns.p99Ms[row],
  ]);
  expect(rows).toEqual([
    ['orders', 'POST /orders', 1.5, Number.NaN, Number.NaN],
    ['shop', 'GET /', 3, 7, Number.NaN],
  ]);
});
