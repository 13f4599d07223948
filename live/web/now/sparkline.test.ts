import { expect, it } from 'vitest';
import { emptyHistory, setSecond } from '../stream/slots.ts';
import { ease, SHOWN_SECONDS } from './sparkline.ts';

const SECOND = 1_700_000_000;

it('a peak raises the scale at once and lowers it slowly', () => {
  const history = emptyHistory();
  setSecond(history, SECOND, 400, 0, 80);
  const up = ease({ requests: 1, p99Ms: 1 }, history, SECOND * 1000 + 500);
  expect(up).toEqual({ requests: 400, p99Ms: 80 });
  const gone = ease(up, history, (SECOND + SHOWN_SECONDS + 2) * 1000);
  expect(gone.requests).toBeGreaterThan(380);
  expect(gone.requests).toBeLessThan(400);
});

it('seconds without a p99 do not break the scale', () => {
  const history = emptyHistory();
  setSecond(history, SECOND, 3, 0, Number.NaN);
  expect(ease({ requests: 1, p99Ms: 1 }, history, SECOND * 1000).p99Ms).toBeGreaterThan(0);
});
