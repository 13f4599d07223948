import type { Addresses } from '../names/links.ts';
import { ENTRANCE, series } from '../names/promql.ts';
import { budgetLeft, ofPromise } from '../panels/budget.ts';
import { firingAlerts } from '../panels/firing.ts';
import type { Section } from '../panels/layout.ts';
import { toPipeline, toService, toTraces } from '../panels/onwards.ts';
import { type Placed, stat, timeSeries } from '../panels/panels.ts';
import { instant, range } from '../panels/targets.ts';
import { BURNS, type Burn } from '../rules/burn.ts';
import { SLO_SERIES } from '../rules/slo-series.ts';
import { PERIOD_DAYS } from '../slos.ts';

const CHOSEN = `sloth_id=~"$slo"`;
const LEGEND = '{{sloth_slo}}';
const of = (name: string) => series(name, CHOSEN);
/** How many times faster than allowed the budget was used up over a window; all series of it carry the window as a label. */
const burnRate = (window: string) =>
  `max without (sloth_window) (${of(SLO_SERIES.errorRatio(window))}) / on (sloth_id, sloth_service, sloth_slo) ${of(SLO_SERIES.budget)}`;
const period = `${PERIOD_DAYS * 86_400}`;

/** What was promised, what is left of it, how fast it goes, and until when it lasts. */
export const sloSections = (at: Addresses): Section[] => [
  {
    title: 'What is left: $slo',
    onwards: [toService(ENTRANCE), toPipeline],
    panels: [
      budgetLeft([12, 6], [CHOSEN]),
      stat({
        title: 'Time until the budget is gone',
        description: `At the pace of the last hour. ${PERIOD_DAYS} days stand for "longer than the promise's period".`,
        unit: 's',
        decimals: 0,
        size: [12, 6],
        query: instant(
          `clamp(max without (sloth_window) (${of(SLO_SERIES.budgetLeft)}) * ${period} / (${burnRate('1h')}), 0, ${period})`,
          LEGEND,
        ),
        bad: { below: 3 * 86_400 },
        links: ofPromise,
      }),
      stat({
        title: 'Objective',
        description: 'The share of events that was promised to be good.',
        unit: 'percentunit',
        decimals: 2,
        size: [12, 4],
        query: instant(of(SLO_SERIES.objective), LEGEND),
        links: ofPromise,
      }),
      stat({
        title: `Good in the last ${PERIOD_DAYS} days`,
        description: 'The share of events that was good, of the time that was seen; time before the start counts as good.',
        unit: 'percentunit',
        decimals: 3,
        size: [12, 4],
        query: instant(`1 - ${of(SLO_SERIES.errorRatio(`${PERIOD_DAYS}d`))}`, LEGEND),
        links: ofPromise,
      }),
      timeSeries({
        title: 'Error budget left over time',
        description:
          'A fall is bad events, a rise is bad events that became older than the period. Below 0 the promise is broken.',
        unit: 'percentunit',
        size: [24, 8],
        belowZero: true,
        threshold: 1,
        links: ofPromise,
        queries: [range(of(SLO_SERIES.budgetLeft), LEGEND)],
      }),
    ],
  },
  {
    title: 'How fast it goes: $slo',
    onwards: [toService(ENTRANCE), toTraces(at, ENTRANCE)],
    panels: [...BURNS.map(burnPanel), firingAlerts(at, [24, 6], CHOSEN)],
  },
  {
    title: 'What was counted: $slo',
    onwards: [toService(ENTRANCE), toPipeline],
    panels: [
      timeSeries({
        title: 'Events a second',
        description: 'What each promise is about: requests, or the markers of the prober.',
        unit: 'cps',
        size: [8, 8],
        links: ofPromise,
        queries: [range(of(SLO_SERIES.events), LEGEND)],
      }),
      timeSeries({
        title: 'Bad events a second',
        description: 'Those of them that broke the promise.',
        unit: 'cps',
        size: [8, 8],
        links: ofPromise,
        queries: [range(of(SLO_SERIES.errors), LEGEND)],
      }),
      timeSeries({
        title: 'Share of bad events, over five minutes',
        description: 'What it looks like now; the burn rates above compare it with what is allowed.',
        unit: 'percentunit',
        size: [8, 8],
        links: ofPromise,
        queries: [range(of(SLO_SERIES.errorRatio('5m')), LEGEND)],
      }),
    ],
  },
];

/** The two windows of one burn alert and the line that both must be above for it to fire. */
function burnPanel({ severity, factor, long, short }: Burn): Placed {
  const days = Math.round((PERIOD_DAYS / factor) * 10) / 10;
  return timeSeries({
    title: `Burn rate for a ${severity}: ${long} and ${short}`,
    description: `How many times faster than allowed the budget is used up. Both windows above ${factor} (the line) make a ${severity}: at that pace all of it is gone in ${days} days.`,
    unit: 'short',
    size: [12, 7],
    threshold: factor,
    links: ofPromise,
    queries: [range(burnRate(long), `${LEGEND} ${long}`), range(burnRate(short), `${LEGEND} ${short}`)],
  });
}
