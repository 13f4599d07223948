import { expect, it } from 'vitest';
import { SERVICES } from '../../../telemetry/signals.ts';
import { createHues } from './hue.ts';

it('services have different hues while there are any, and keep theirs', () => {
  const hueOf = createHues(12);
  const hues = SERVICES.map(hueOf);
  expect(new Set(hues).size).toBe(SERVICES.length);
  expect(SERVICES.map(hueOf)).toEqual(hues);
});

it('more services than hues share them', () => {
  const hueOf = createHues(3);
  const hues = Array.from({ length: 10 }, (_, i) => hueOf(`service-${i}`));
  expect(new Set(hues)).toEqual(new Set([0, 1, 2]));
});
