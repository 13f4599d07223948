import { expect, it } from 'vitest';
import { changeOf } from './change.ts';

it.each([
  [10, undefined, '–', false],
  [0, 0, '=', false],
  [3, 0, 'new', true],
  [102, 100, '=', false],
  [130, 100, '+30%', false],
  [160, 100, '+60%', true],
  [50, 100, '−50%', false],
  [0, 100, '−100%', false],
  [234, 100, '×2.3', true],
  [12_000, 100, '×120', true],
])('%s after %s reads %s', (now, before, text, more) => {
  expect(changeOf(now, before)).toEqual({ text, more });
});
