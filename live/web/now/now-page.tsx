/** Room now: what every service does right now, or did in a chosen interval. */
import { useEffect, useState } from 'react';
import { getJson } from '../api/request.ts';
import type { ServiceHistory } from '../api/types.ts';
import { useConnection } from '../shell/connection.tsx';
import { useNavigation, useParam } from '../shell/navigation.tsx';
import { GroupedServices } from '../shell/service-name.tsx';
import { NothingYet } from '../shell/states.tsx';
import { toolLinks } from '../shell/tools.ts';
import { useSections } from '../stream/hooks.ts';
import { emptyHistory, HISTORY_SECONDS, type History, mergeSlots, setSecond } from '../stream/slots.ts';
import { mapRows, text } from '../stream/table.ts';
import { ErrorGroups } from './error-groups.tsx';
import { Notable } from './notable.tsx';
import { Operations } from './operations.tsx';
import { usePastHistories } from './past-histories.ts';
import { ServiceMap } from './service-map.tsx';
import { useShownTable } from './shown-table.ts';
import { Tile } from './tile.tsx';

const WINDOWS = ['10', '60', '120'];

export function NowPage() {
  const [service, setService] = useParam('service');
  const [windowText, setWindow] = useParam('window');
  const window = WINDOWS.includes(windowText) ? Number(windowText) : 60;
  const request = { view: 'services', window } as const;
  const { interval } = useNavigation();
  const live = useHistories(request);
  const past = usePastHistories();
  const { session } = useConnection();
  const table = useShownTable(request, 'services');
  const services = mapRows(table, (of, row) => ({
    service: text(of, of.columns.service, row),
    rate: of.columns.rate[row] ?? 0,
    errorRate: of.columns.errorRate[row] ?? 0,
    p50Ms: of.columns.p50Ms[row] ?? Number.NaN,
    p99Ms: of.columns.p99Ms[row] ?? Number.NaN,
    inFlight: of.columns.inFlight[row] ?? 0,
  })).sort((a, b) => (a.service < b.service ? -1 : 1));

  return (
    <>
      <div className="title">
        <h1>{interval ? 'Then' : 'Now'}</h1>
        {service && (
          <button type="button" className="tag" onClick={() => setService('')}>
            only {service} <span aria-hidden="true">×</span>
            <span className="unseen">show all services</span>
          </button>
        )}
        <span className="push links">
          {toolLinks(session?.links, service ? { service } : {}).map(({ name, href }) => (
            <a key={name} href={href}>
              {name}
            </a>
          ))}
        </span>
        {!interval && (
          <label>
            Numbers over{' '}
            <select value={String(window)} onChange={(event) => setWindow(event.target.value === '60' ? '' : event.target.value)}>
              {WINDOWS.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds} s
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {!table && (
        <p className="loading" role="status">
          {interval ? 'Counting what is held of the interval…' : 'Waiting for the first frame…'}
        </p>
      )}
      {table &&
        services.length === 0 &&
        (interval ? <p className="loading">Nothing is held of this interval.</p> : <NothingYet />)}
      <GroupedServices services={services.map((one) => one.service)} />
      <section className="tiles" aria-label="Services">
        {services.map((numbers) => (
          <Tile
            key={numbers.service}
            numbers={numbers}
            histories={past?.histories ?? live}
            shown={past}
            selected={numbers.service === service}
            select={() => setService(numbers.service === service ? '' : numbers.service)}
          />
        ))}
      </section>
      {services.length > 0 && (
        <div className="now-grid">
          <ServiceMap window={window} />
          <div className="stack">
            <Notable table="slowest" title="Slowest traces" none="No traces" service={service} />
            <Notable table="failed" title="Failed traces" none="None failed" service={service} />
          </div>
          <Operations service={service} window={window} />
          <ErrorGroups service={service} />
        </div>
      )}
    </>
  );
}

/** Seconds of each service: the server's history first, then what the stream brings. */
function useHistories(request: { view: 'services'; window: number }): ReadonlyMap<string, History> {
  const [histories] = useState(() => new Map<string, History>());
  useSections(request, (table) => {
    if (table.table === 'slots') mergeSlots(histories, table);
  });
  useEffect(() => {
    const abort = new AbortController();
    getJson<{ services: ServiceHistory[] }>(`/api/services?history=${HISTORY_SECONDS}`, abort.signal)
      .then((answer) => fill(histories, answer.services))
      // The sparklines then begin with the stream; the connection's banner says what is the matter.
      .catch(() => {});
    return () => abort.abort();
  }, [histories]);
  return histories;
}

function fill(histories: Map<string, History>, services: readonly ServiceHistory[]): void {
  for (const { service, history } of services) {
    if (!history) continue;
    const seconds = histories.get(service) ?? emptyHistory();
    histories.set(service, seconds);
    const newest = Math.max(...seconds.seconds);
    history.requests.forEach((requests, i) => {
      const second = history.firstSecond + i;
      const streamed = newest > 0 && second > newest - 10;
      if (!streamed) setSecond(seconds, second, requests, history.errors[i] ?? 0, history.p99Ms[i] ?? Number.NaN);
    });
  }
}
