/** The search for traces; each field is a part of the address. */
import { apiPath, readAttributes } from '../api/request.ts';
import { useApi } from '../api/use-api.ts';
import { useParam } from '../shell/navigation.tsx';

export function TraceSearch() {
  const [service, setService] = useParam('service');
  const [operation, setOperation] = useParam('operation');
  const [status, setStatus] = useParam('status');
  const [min, setMin] = useParam('min');
  const [max, setMax] = useParam('max');
  const [attribute, setAttribute] = useParam('attribute');
  const services = useApi<{ services: { service: string }[] }>('/api/services', 10_000).data?.services ?? [];
  const operations =
    useApi<{ operations: { operation: string }[] }>(apiPath('/api/operations', { service, window: 120, limit: 200 })).data
      ?.operations ?? [];
  const { wrong } = readAttributes(attribute);
  return (
    <search className="toolbar search" aria-label="Traces">
      <label>
        <span>Service</span>
        <input
          list="services"
          data-search
          value={service}
          placeholder="any"
          onChange={(event) => setService(event.target.value)}
        />
      </label>
      <label className="wide">
        <span>Operation</span>
        <input list="operations" value={operation} placeholder="any" onChange={(event) => setOperation(event.target.value)} />
      </label>
      <label>
        <span>Status</span>
        <select value={status} onChange={(event) => setStatus(event.target.value)}>
          <option value="">any</option>
          <option value="error">failed</option>
          <option value="ok">ok</option>
          <option value="unset">unset</option>
        </select>
      </label>
      <label className="small">
        <span>Longer than, ms</span>
        <input
          inputMode="decimal"
          pattern="[0-9.]*"
          value={min}
          placeholder="0"
          onChange={(event) => setMin(event.target.value)}
        />
      </label>
      <label className="small">
        <span>Shorter than, ms</span>
        <input
          inputMode="decimal"
          pattern="[0-9.]*"
          value={max}
          placeholder="∞"
          onChange={(event) => setMax(event.target.value)}
        />
      </label>
      <label className="wide">
        <span>Attributes</span>
        <input
          value={attribute}
          placeholder='http.route=/cart db.query.text="SELECT 1"'
          aria-invalid={wrong.length > 0}
          aria-describedby="attribute-help"
          onChange={(event) => setAttribute(event.target.value)}
        />
      </label>
      <span id="attribute-help" className="bad" role="status">
        {wrong.length > 0 && `key=value is wanted: "${wrong[0]}" has no value yet`}
      </span>
      <datalist id="services">
        {services.map((one) => (
          <option key={one.service} value={one.service} />
        ))}
      </datalist>
      <datalist id="operations">
        {[...new Set(operations.map((one) => one.operation))].map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </search>
  );
}
