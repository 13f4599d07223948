/** The dearest statements, by what the reader asks for. */
import type { Statement, StatementList } from '../api/database-types.ts';
import { bytes, compact, duration, exact, percent } from '../format/number.ts';
import { useParam } from '../shell/navigation.tsx';
import { ScrollRegion } from '../shell/scroll-region.tsx';
import { AnswerState } from '../shell/states.tsx';
import { changeOf } from './change.ts';
import { StatementLink } from './statement-link.tsx';
import { useWatched } from './use-watched.ts';

const RENEW_MS = 5_000;
const MOST = 100;

const SORTS = { time: 'Time', calls: 'Calls', mean: 'Mean', rows: 'Rows', reads: 'Blocks read' } as const;
type Sort = keyof typeof SORTS;
const isSort = (text: string): text is Sort => text in SORTS;

/** What has a past to be held against. */
const CHANGES: Partial<Record<Sort, (one: Statement | NonNullable<Statement['before']>) => number>> = {
  time: ({ timeMs }) => timeMs,
  calls: ({ calls }) => calls,
  mean: ({ meanMs }) => meanMs,
};

export function Statements() {
  const [sortParam, setSort] = useParam('sort');
  const [find, setFind] = useParam('find');
  const sort = isSort(sortParam) ? sortParam : 'time';
  const answer = useWatched<StatementList>('statements', { sort, text: find, limit: MOST }, RENEW_MS);
  const { data } = answer;
  const changed = CHANGES[sort] ? sort : 'time';
  return (
    <section className="panel" aria-labelledby="statements-title">
      <div className="toolbar">
        <h2 id="statements-title">
          Statements{' '}
          {data && (
            <span className="hint">
              {exact(data.total.calls)} calls took {duration(data.total.timeMs)}
            </span>
          )}
        </h2>
        <input
          className="push"
          type="search"
          data-search
          aria-label="Find in statements"
          placeholder="Part of a statement"
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
      </div>
      {!data && <AnswerState answer={answer} what="list of statements" />}
      {data && data.statements.length === 0 && <p className="hint">{find ? 'No statement matches.' : 'No statement ran.'}</p>}
      {data && data.statements.length > 0 && (
        <ScrollRegion label="Statements">
          <table className="data statements">
            <thead>
              <tr>
                <th scope="col">Statement</th>
                {(Object.keys(SORTS) as Sort[]).map((one) => (
                  <th key={one} scope="col" className="n" aria-sort={one === sort ? 'descending' : undefined}>
                    <button type="button" className="plain" onClick={() => setSort(one === 'time' ? '' : one)}>
                      {SORTS[one]}
                      <span aria-hidden="true">{one === sort ? ' ↓' : ''}</span>
                    </button>
                  </th>
                ))}
                <th scope="col" className="n" title={beforeTitle(data)}>
                  {SORTS[changed]} against before
                </th>
              </tr>
            </thead>
            <tbody>
              {data.statements.map((one) => (
                <Row key={`${one.queryId} ${one.database}`} of={one} value={CHANGES[changed]} />
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
      {data?.next && <p className="hint">The first {MOST} are shown: sort by something else, or find a part of the text.</p>}
      {data && data.before === null && (
        <p className="hint">The time before, as long as this one, is not held (yet): no change can be told.</p>
      )}
    </section>
  );
}

const beforeTitle = ({ fromMs, toMs }: StatementList): string => `against the ${duration(toMs - fromMs)} before`;

function Row({ of, value }: { of: Statement; value: (typeof CHANGES)[Sort] }) {
  const change = changeOf(value?.(of) ?? 0, of.before ? value?.(of.before) : undefined);
  return (
    <tr>
      <td className="clip statement-text">
        {of.queryId === '' ? (
          <span className="muted">all others together</span>
        ) : (
          <StatementLink queryId={of.queryId} text={of.text} />
        )}
      </td>
      <td className="n">
        {duration(of.timeMs)} <span className="hint">{percent(of.share)}</span>
      </td>
      <td className="n">{compact(of.calls)}</td>
      <td className="n">{duration(of.meanMs)}</td>
      <td className="n">{compact(of.rows)}</td>
      <td className="n" title={`${bytes(of.blocksRead * 8192)} at 8 kB a block; ${compact(of.blocksHit)} were in the buffers`}>
        {compact(of.blocksRead)}
      </td>
      <td className={`n ${change.more ? 'bad' : ''}`}>{change.text}</td>
    </tr>
  );
}
