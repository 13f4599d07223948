import { DATABASE_LABELS, DATABASE_METRICS } from '../names/database-metrics.ts';
import { type Addresses, liveDatabase, liveStatement, variable } from '../names/links.ts';
import { rate, series, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toLiveView, toService } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const { statement, block } = DATABASE_LABELS;
const m = DATABASE_METRICS;
const each = (counter: string) => sum(rate(counter), statement);
const legend = `{{${statement}}}`;
/** Those of most time; what `other` sums up is none. */
const dearest = (of: string) => `topk(8, ${of} and topk(20, ${sum(rate(series(m.time, `${statement}!="other"`)), statement)}))`;

/** `other` has no page: where it is among the series, the link is to all of them. */
const toStatement = (at: Addresses) => [
  { title: 'The statement in the live view', url: liveStatement(at, variable(`__field.labels.${statement}`)), targetBlank: true },
];
const toStatements = (at: Addresses) => [{ title: 'Statements in the live view', url: liveDatabase(at), targetBlank: true }];

/** What the server spends its time on, by the id that PostgreSQL gives a statement; its text is on the live view's page. */
export const statementsSection = (at: Addresses): Section => ({
  title: 'Statements',
  onwards: [toLiveView(at), toService('inventory')],
  panels: [
    timeSeries({
      title: 'Time, dearest statements',
      description:
        'Share of one core, by query id (queryid of pg_stat_statements); `other` is the sum of all that are not among the fifty dearest.',
      unit: 'percentunit',
      size: [12, 8],
      queries: [range(`topk(8, ${each(m.time)})`, legend)],
      links: toStatements(at),
    }),
    timeSeries({
      title: 'Mean time, dearest statements',
      description: 'Seconds a call. A step up is another plan, more rows or a wait.',
      unit: 's',
      size: [12, 8],
      queries: [range(dearest(`${each(m.time)} / ${each(m.calls)}`), legend)],
      links: toStatement(at),
    }),
    timeSeries({
      title: 'Calls, dearest statements',
      description: 'A second. One that is called by far more often than requests come is called once for each row: n + 1.',
      unit: 'cps',
      size: [8, 7],
      queries: [range(`topk(8, ${each(m.calls)})`, legend)],
      links: toStatements(at),
    }),
    timeSeries({
      title: 'Rows a call, dearest statements',
      description: 'Rows returned or changed by one call.',
      unit: 'short',
      size: [8, 7],
      queries: [range(dearest(`${each(m.statementRows)} / ${each(m.calls)}`), legend)],
      links: toStatement(at),
    }),
    timeSeries({
      title: 'Blocks read, hit and spilled; WAL',
      description:
        'Blocks of 8 kB a second from the disk, from memory, and written for want of it; and bytes written to the log of changes.',
      unit: 'short',
      size: [8, 7],
      queries: [range(sum(rate(m.blocks), block), `blocks: {{${block}}}`), range(sum(rate(m.wal)), 'bytes of WAL')],
    }),
  ],
});
