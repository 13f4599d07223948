/** One metric: its lines, its exemplars and its statistics. */
import { useMemo, useState } from 'react';
import type { Metric } from '../api/types.ts';
import { withUnit } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { Link, useNavigation, useParam } from '../shell/navigation.tsx';
import { Empty } from '../shell/states.tsx';
import { useNow } from '../stream/hooks.ts';
import { Chart } from './chart.tsx';
import { LineTable } from './line-table.tsx';
import { alignLines, linesOf, SHOWS, showsFor } from './series.ts';
import { useMetric } from './use-metric.ts';

const EACH = 'each';
/** A line for each service is calm; every series of its own can be had. */
const DEFAULT_BY = 'service';
const ALL = '*';
const MOST_SERIES = 20;
const MOST_GROUPS = 100;
const MINUTES = ['1', '5', '15', '60'];

export function MetricView({ metric }: { metric: Metric }) {
  const { zone, interval } = useNavigation();
  const now = useNow();
  const [service, setService] = useParam('service');
  const [byParam, setBy] = useParam('by');
  const by = byParam || DEFAULT_BY;
  const [showParam, setShow] = useParam('show');
  const [minutesParam, setMinutes] = useParam('minutes');
  const [atParam, setAt] = useParam('at');
  const [pointed, setPointed] = useState<number>();
  const minutes = MINUTES.includes(minutesParam) ? Number(minutesParam) : 5;
  const atMs = Number(atParam) || undefined;
  const groupBy = by === EACH ? [] : [by === ALL ? '' : by];
  const limit = by === EACH ? MOST_SERIES : MOST_GROUPS;
  const answer = useMetric({ name: metric.name, service, groupBy, limit, minutes, interval });
  const { data } = answer;
  const shows = data ? showsFor(data) : [];
  // Three lines for each of many series could not be told apart.
  const preferred = shows[0] === 'quantiles' && (data?.series.length ?? 0) > 1 ? 'p99' : shows[0];
  const show = shows.find((one) => one === showParam) ?? preferred;
  const lines = useMemo(() => (data && show ? linesOf(data, show) : []), [data, show]);
  const times = useMemo(() => alignLines(lines)[0], [lines]);
  const exemplars = data && show !== 'rate' ? data.series.flatMap((series) => series.exemplars) : [];
  const unit = show === 'rate' ? '' : (data?.unit ?? '');
  const keys = data?.keys ?? [];
  const toMs = interval?.toMs ?? now;
  const fromMs = interval ? (interval.fromMs ?? (times[0] ?? 0) * 1000) : toMs - minutes * 60_000;
  const newest = [...exemplars].sort((a, b) => b.timeMs - a.timeMs).slice(0, 8);

  return (
    <section className="panel metric-view" aria-labelledby="metric-name">
      <h2 id="metric-name" className="breakable">
        {metric.name}{' '}
        <span className="hint">
          {metric.type} {data && data.temporality !== 'unspecified' && data.temporality} {metric.unit && `in ${metric.unit}`}
        </span>
      </h2>
      {metric.description && <p className="hint">{metric.description}</p>}
      <div className="toolbar" role="toolbar" aria-label="Chart">
        <Choice
          label="Service"
          value={service}
          set={setService}
          options={[['', 'All services'], ...metric.services.map((one): [string, string] => [one, one])]}
        />
        <Choice
          label="Group by"
          value={by}
          set={setBy}
          options={[
            [EACH, 'Each series'],
            [ALL, 'All as one'],
            ['service', 'By service'],
            ...keys.map((key): [string, string] => [key, `By ${key}`]),
          ]}
        />
        <Choice label="Show" value={show ?? ''} set={setShow} options={shows.map((one): [string, string] => [one, SHOWS[one]])} />
        {!interval && (
          <Choice
            label="Time"
            value={String(minutes)}
            set={setMinutes}
            options={MINUTES.map((one): [string, string] => [one, `${one} min`])}
          />
        )}
        {atMs !== undefined && (
          <button type="button" className="tag" onClick={() => setAt('')}>
            mark at {clockTime(atMs, zone)} <span aria-hidden="true">×</span>
            <span className="unseen">remove the mark</span>
          </button>
        )}
      </div>
      {!data && (answer.error ? <Empty title={answer.error.message} /> : <p className="loading">Loading the metric…</p>)}
      {data && data.series.length === 0 && (
        <Empty title={interval ? 'No points of this interval are held.' : 'No series match: choose another service or time.'} />
      )}
      {data && data.series.length > 0 && (
        <>
          <Chart
            lines={lines}
            exemplars={exemplars}
            fromMs={fromMs}
            toMs={toMs}
            atMs={atMs}
            unit={unit}
            label={`${metric.name}, ${show ? SHOWS[show] : ''}`}
            point={setPointed}
          />
          {data.truncated && <p className="hint">Not all series are shown: group by something, or choose a service.</p>}
          <p className="hint" role="status">
            {pointed === undefined ? 'Values: the newest' : `Values: at ${clockTime((times[pointed] ?? 0) * 1000, zone)}`}
          </p>
          <LineTable
            lines={lines}
            data={data}
            unit={unit}
            pointedMs={pointed === undefined ? undefined : (times[pointed] ?? 0) * 1000}
          />
          {newest.length > 0 && (
            <p className="exemplars">
              Exemplars:{' '}
              {newest.map((one) => (
                <Link key={one.traceId + one.spanId} page="trace" id={one.traceId} params={{ span: one.spanId }} className="tag">
                  {withUnit(one.value, data.unit)} at {clockTime(one.timeMs, zone)}
                </Link>
              ))}
            </p>
          )}
        </>
      )}
    </section>
  );
}

function Choice({
  label,
  value,
  set,
  options,
}: {
  label: string;
  value: string;
  set(value: string): void;
  options: [string, string][];
}) {
  return (
    <select aria-label={label} value={value} onChange={(event) => set(event.target.value)}>
      {options.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  );
}
