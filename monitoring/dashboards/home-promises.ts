import type { Addresses } from '../names/links.ts';
import { budgetLeft } from '../panels/budget.ts';
import { firingAlerts } from '../panels/firing.ts';
import type { Section } from '../panels/layout.ts';
import { toPipeline, toSlos } from '../panels/onwards.ts';

/** First of all: is something wrong, and how much of what was promised is used up. */
export const promisesSection = (at: Addresses): Section => ({
  title: 'Alerts and promises',
  onwards: [toSlos, toPipeline],
  panels: [firingAlerts(at, [12, 7]), budgetLeft([12, 7])],
});
