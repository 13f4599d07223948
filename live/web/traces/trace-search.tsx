/** The search for traces; each field is a part of the address. */
import type { InputHTMLAttributes } from 'react';
import { apiPath, readAttributes } from '../api/request.ts';
import { useApi } from '../api/use-api.ts';
import { useParam } from '../shell/navigation.tsx';

export function TraceSearch() {
  const [service] = useParam('service');
  const [status, setStatus] = useParam('status');
  const [attribute] = useParam('attribute');
  const services = useApi<{ services: { service: string }[] }>('/api/services', 10_000).data?.services ?? [];
  const operations =
    useApi<{ operations: { operation: string }[] }>(apiPath('/api/operations', { service, window: 120, limit: 200 })).data
      ?.operations ?? [];
  const { wrong } = readAttributes(attribute);
  return (
    <search className="toolbar search" aria-label="Traces">
      <Field label="Service" param="service" placeholder="any" list="services" data-search />
      <Field label="Operation" param="operation" placeholder="any" list="operations" className="wide" />
      <label>
        <span>Status</span>
        <select value={status} onChange={(event) => setStatus(event.target.value)}>
          <option value="">any</option>
          <option value="error">failed</option>
          <option value="ok">ok</option>
          <option value="unset">unset</option>
        </select>
      </label>
      <Field label="Longer than, ms" param="min" placeholder="0" {...MILLISECONDS} />
      <Field label="Shorter than, ms" param="max" placeholder="∞" {...MILLISECONDS} />
      <Field
        label="Attributes"
        param="attribute"
        className="wide"
        placeholder='http.route=/cart db.query.text="SELECT 1"'
        aria-invalid={wrong.length > 0}
        aria-describedby="attribute-help"
      />
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

const MILLISECONDS = { className: 'small', inputMode: 'decimal', pattern: '[0-9.]*' } as const;

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  /** Its part of the address. */
  param: string;
  'data-search'?: boolean;
}

/** @param className of the label around it */
function Field({ label, param, className, ...input }: FieldProps) {
  const [value, setValue] = useParam(param);
  return (
    <label className={className}>
      <span>{label}</span>
      <input {...input} value={value} onChange={(event) => setValue(event.target.value)} />
    </label>
  );
}
