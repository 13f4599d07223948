/** The filter of lines; each field is a part of the address. */
import type { ReactNode } from 'react';
import { useApi } from '../api/use-api.ts';
import { useParam } from '../shell/navigation.tsx';
import { LEVELS } from './use-log-filter.ts';

/** @param children buttons of the page */
export function LogToolbar({ children }: { children?: ReactNode }) {
  const [text, setText] = useParam('text');
  const [level, setLevel] = useParam('level');
  const [service, setService] = useParam('service');
  const [traceId, setTrace] = useParam('trace');
  const services = useApi<{ services: { service: string }[] }>('/api/services', 10_000).data?.services ?? [];
  return (
    <search className="toolbar" aria-label="Logs">
      <input
        type="search"
        data-search
        className="grow"
        placeholder="Text in the line"
        aria-label="Text in the line"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <select aria-label="Lowest level" value={level} onChange={(event) => setLevel(event.target.value)}>
        <option value="">All levels</option>
        {LEVELS.map((one) => (
          <option key={one} value={one}>
            {one}
            {one !== 'fatal' && ' and above'}
          </option>
        ))}
      </select>
      <select aria-label="Service" value={service} onChange={(event) => setService(event.target.value)}>
        <option value="">All services</option>
        {[...new Set([...services.map((one) => one.service), service])].filter(Boolean).map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      {traceId && (
        <button type="button" className="tag" onClick={() => setTrace('')}>
          trace {traceId.slice(0, 8)} <span aria-hidden="true">×</span>
          <span className="unseen">show all traces</span>
        </button>
      )}
      {children}
    </search>
  );
}
