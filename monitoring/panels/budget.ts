import { sloDashboard, variable } from '../names/links.ts';
import { series } from '../names/promql.ts';
import { SLO_SERIES } from '../rules/slo-series.ts';
import { PERIOD_DAYS, SLOS } from '../slos.ts';
import { type Placed, stat } from './panels.ts';
import { instant } from './targets.ts';

/** The promises in words, for descriptions. */
const PROMISES = Object.entries(SLOS)
  .map(([name, { promise }]) => `${name}: ${promise}`)
  .join(' ');

/** A link on a series of a promise. */
export const ofPromise = [
  {
    title: `Budget of ${variable('__field.labels.sloth_slo')}`,
    url: sloDashboard(variable('__field.labels.sloth_id')),
    targetBlank: false,
  },
];

/** The share of each error budget that is left. */
export const budgetLeft = (size: Placed['size'], matchers: string[] = []): Placed =>
  stat({
    title: 'Error budget left',
    description: `What is left of the bad events that ${PERIOD_DAYS} days may have; below 0 the promise is broken. ${PROMISES}`,
    unit: 'percentunit',
    decimals: 1,
    size,
    query: instant(series(SLO_SERIES.budgetLeft, ...matchers), '{{sloth_slo}}'),
    bad: { below: 0 },
    links: ofPromise,
    whenEmpty: 'Nothing promised',
  });
