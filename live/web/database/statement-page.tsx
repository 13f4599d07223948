/** One statement: what it says, what it did over time, its plans, what it waited for, who calls it, and traces in which it ran. */
import { useMemo, useState } from 'react';
import type { Callers, Statement, StatementDetails } from '../api/database-types.ts';
import { bytes, compact, counted, duration, exact, percent } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { Chart } from '../metrics/chart.tsx';
import type { Line } from '../metrics/series.ts';
import { DataTable } from '../shell/data-table.tsx';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import { AnswerState } from '../shell/states.tsx';
import { changeOf } from './change.ts';
import { waitColor } from './history.ts';
import { Plans } from './plans.tsx';
import { Sql } from './sql.tsx';
import { oneLine, TraceLink } from './statement-link.tsx';
import { useWatched } from './use-watched.ts';

const RENEW_MS = 5_000;

export function StatementPage() {
  const { place } = useNavigation();
  const answer = useWatched<StatementDetails>(`statements/${encodeURIComponent(place.id)}`, {}, RENEW_MS);
  const { data } = answer;
  return (
    <>
      <div className="title">
        <h1>Statement</h1>
        <span className="hint">queryid {place.id}</span>
        <span className="push">
          <Link page="database" className="button">
            What else ran then
          </Link>
        </span>
      </div>
      {!data && <AnswerState answer={answer} what="statement" />}
      {data && (
        <>
          <section className="panel" aria-label="Text">
            <Sql text={data.text} />
            {data.databases.map((one) => (
              <Facts key={one.database} of={one} />
            ))}
          </section>
          <Course of={data} />
          <div className="statement-grid">
            <div className="stack">
              <CalledBy callers={data.callers} />
              <Waits waits={data.waits} />
            </div>
            <Examples callers={data.callers} name={oneLine(data.text)} />
          </div>
          <Plans plans={data.plans} />
        </>
      )}
    </>
  );
}

function Facts({ of }: { of: Statement }) {
  const { before } = of;
  const slower = changeOf(of.meanMs, before?.meanMs);
  const per = (value: number): string => compact(of.calls > 0 ? value / of.calls : 0);
  const facts: [string, string, string?][] = [
    ['Database', of.database],
    ['Calls', exact(of.calls), before ? changeOf(of.calls, before.calls).text : undefined],
    ['Time', duration(of.timeMs), `${percent(of.share)} of all statements'`],
    ['Mean', duration(of.meanMs), before ? slower.text : undefined],
    ['Rows a call', per(of.rows)],
    ['Blocks read a call', per(of.blocksRead), `${compact(of.blocksHit)} in the buffers`],
    ['Temporary blocks', compact(of.blocksTemporary)],
    ['WAL', bytes(of.walBytes)],
    ['Planning', duration(of.planMs)],
  ];
  return (
    <dl className="statement-facts">
      {facts.map(([name, value, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <b>{value}</b> {more && <span className={`hint ${name === 'Mean' && slower.more ? 'bad' : ''}`}>{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Time and calls of each stretch; the example traces stand as dots where the mean is drawn. */
function Course({ of }: { of: StatementDetails }) {
  const { timesMs, stepMs, calls, timeMs } = of.history;
  const [mean, rate] = useMemo((): [Line[], Line[]] => {
    const line = (label: string, values: (number | null)[]): Line[] => [{ label, series: 0, timesMs, values }];
    return [
      line(
        'mean',
        timeMs.map((ms, i) => ((calls[i] ?? 0) > 0 ? ms / (calls[i] ?? 1) : null)),
      ),
      line(
        'calls',
        calls.map((n) => (n * 1000) / stepMs),
      ),
    ];
  }, [timesMs, stepMs, calls, timeMs]);
  const dots = of.callers.examples.map(({ traceId, spanId, startMs, durationMs }) => ({
    ...{ traceId, spanId, timeMs: startMs, value: durationMs },
  }));
  const range = { fromMs: of.fromMs, toMs: of.toMs, atMs: undefined };
  return (
    <section className="panel course" aria-label="Over time">
      <DrawnLine title="Mean time of a call" lines={mean} exemplars={dots} unit="ms" {...range} />
      <DrawnLine title="Calls per second" lines={rate} exemplars={[]} unit="" {...range} />
    </section>
  );
}

type Drawn = Omit<Parameters<typeof Chart>[0], 'label' | 'point'> & { title: string };

function DrawnLine({ title, ...drawn }: Drawn) {
  const { zone } = useNavigation();
  const [pointed, point] = useState<number>();
  const [line] = drawn.lines;
  const at = pointed === undefined ? undefined : line?.timesMs[pointed];
  const value = pointed === undefined ? undefined : line?.values[pointed];
  return (
    <div>
      <h2>
        {title}{' '}
        <span className="hint">
          {at !== undefined && `${drawn.unit === 'ms' ? duration(value) : compact(value)} at ${clockTime(at, zone).slice(0, 8)}`}
        </span>
      </h2>
      <Chart {...drawn} label={title} point={point} />
    </div>
  );
}

function Waits({ waits }: { waits: StatementDetails['waits'] }) {
  return (
    <section className="panel" aria-labelledby="waits-title">
      <h2 id="waits-title">
        Waits <span className="hint">of the samples that met it at work</span>
      </h2>
      {waits.length === 0 && <p className="hint">No sample met it at work: it is over in less than a second, or rare.</p>}
      <ul className="shares">
        {waits.map(({ waitEventType, waitEvent, samples, share }) => (
          <li key={`${waitEventType} ${waitEvent}`}>
            <span>
              {waitEventType} {waitEvent}
            </span>
            <span className="share-bar">
              <span
                className="share-fill"
                style={{ width: `${share * 100}%`, background: `var(--${waitColor(waitEventType)})` }}
              />
            </span>
            <b>{percent(share)}</b>
            <span className="hint">{counted(samples, 'sample')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const CALLER_COLUMNS = { Service: '', Operation: '', Calls: 'n', Failed: 'n', Mean: 'n' } as const;

function CalledBy({ callers }: { callers: Callers }) {
  return (
    <section className="panel" aria-labelledby="callers-title">
      <h2 id="callers-title">
        Called by{' '}
        <span className="hint">
          {callers.spans > callers.lookedAt
            ? `the newest ${exact(callers.lookedAt)} of ${counted(callers.spans, 'span')}`
            : counted(callers.spans, 'span')}
        </span>
      </h2>
      {callers.spans === 0 && (
        <p className="hint">No span that is held has this statement: traces are sampled, or its services send none.</p>
      )}
      {callers.spans > 0 && (
        <DataTable label="Callers" columns={CALLER_COLUMNS}>
          <tbody>
            {callers.callers.map(({ service, operation, calls, errors, totalMs }) => (
              <tr key={`${service} ${operation}`}>
                <td>
                  <ServiceName service={service} />
                </td>
                <td className="clip">
                  <Link page="traces" params={{ service, operation }}>
                    {operation}
                  </Link>
                </td>
                <td className="n">{compact(calls)}</td>
                <td className={`n ${errors > 0 ? 'bad' : ''}`}>{compact(errors)}</td>
                <td className="n">{duration(totalMs / calls)}</td>
              </tr>
            ))}
          </tbody>
        </DataTable>
      )}
    </section>
  );
}

const EXAMPLE_COLUMNS = { Began: '', Took: 'n', Service: '', Trace: '' } as const;

function Examples({ callers, name }: { callers: Callers; name: string }) {
  const { zone } = useNavigation();
  if (callers.examples.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="examples-title">
      <h2 id="examples-title">
        Traces <span className="hint">the slowest first</span>
      </h2>
      <DataTable label={`Traces with ${name}`} columns={EXAMPLE_COLUMNS}>
        <tbody>
          {callers.examples.map(({ traceId, spanId, service, startMs, durationMs, failed }) => (
            <tr key={traceId + spanId}>
              <td>{clockTime(startMs, zone)}</td>
              <td className={`n ${failed ? 'bad' : ''}`}>{duration(durationMs)}</td>
              <td>
                <ServiceName service={service} />
              </td>
              <td>
                <TraceLink traceId={traceId} spanId={spanId} label={`trace of ${duration(durationMs)}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </DataTable>
    </section>
  );
}
