import { expect, it } from 'vitest';
import { type Signs, trouble } from './trouble.ts';

const WELL: Signs = {
  stream: { status: 'live', refused: false, problem: '' },
  loggedOut: false,
  lagP99Ms: 3,
  rejected: 0,
  skipped: 2,
};

it('says nothing while all is well or still connecting', () => {
  expect(trouble(WELL)).toBeUndefined();
  expect(trouble({ ...WELL, stream: { ...WELL.stream, status: 'connecting' } })).toBeUndefined();
});

it.each<[string, Partial<Signs>, RegExp]>([
  [
    'a missing login before the lost connection it causes',
    { loggedOut: true, stream: { ...WELL.stream, status: 'waiting' } },
    /not logged in/,
  ],
  ['a lost connection', { stream: { ...WELL.stream, status: 'waiting' } }, /Disconnected/],
  ['a stream that is stuck though connected', { stream: { ...WELL.stream, status: 'stalled' } }, /nothing has come/],
  ['a frame of another version', { stream: { ...WELL.stream, problem: 'reload the page' } }, /not what this page expects/],
  ['an overloaded server', { lagP99Ms: 900 }, /900 ms late/],
  ['rejected data', { rejected: 12 }, /12 items were rejected/],
  ['a slow browser', { skipped: 400 }, /cannot keep up/],
])('tells of %s', (_, signs, title) => expect(trouble({ ...WELL, ...signs })?.title).toMatch(title));
