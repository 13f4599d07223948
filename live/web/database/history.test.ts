import { expect, it } from 'vitest';
import { groupsOf } from './history.ts';

const timesMs = [1000, 2000, 3000];

it('counts active sessions by what they wait for and others by their state, the most frequent first', () => {
  const groups = groupsOf({
    timesMs,
    series: [
      { state: 'active', waitEventType: 'CPU', waitEvent: '', values: [1, 0, null] },
      { state: 'active', waitEventType: 'Lock', waitEvent: 'tuple', values: [0, 1, null] },
      { state: 'active', waitEventType: 'Lock', waitEvent: 'transactionid', values: [2, 3, null] },
      { state: 'idle in transaction', waitEventType: 'Client', waitEvent: '', values: [1, 1, null] },
    ],
  });
  expect(groups.map(({ name, values, mean, most, events }) => [name, values, mean, most, events])).toEqual([
    // The third stretch has no sample: it is in no mean.
    ['Lock', [2, 4, 0], 3, 4, ['transactionid', 'tuple']],
    ['idle in transaction', [1, 1, 0], 1, 1, []],
    ['CPU', [1, 0, 0], 0.5, 1, []],
  ]);
});

it('has nothing to say of a database where all sessions are idle', () => {
  expect(groupsOf({ timesMs, series: [] })).toEqual([]);
});
