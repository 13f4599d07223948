/** What one span says of itself. */
import type { ReactNode } from 'react';
import { apiPath } from '../api/request.ts';
import { useApi } from '../api/use-api.ts';
import { SpanStatement } from '../database/span-statement.tsx';
import { duration } from '../format/number.ts';
import { dateTime } from '../format/time.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import { AnswerState } from '../shell/states.tsx';
import { type Attribute, millisecondsBetween, readSpan } from './otlp-span.ts';
import { FLAGS, has, spanId, type Trace } from './trace-model.ts';

/** As the semantic conventions name it, and as they did before. */
const STATEMENT_KEYS = ['db.query.text', 'db.statement'];

export function SpanPanel({ trace, row }: { trace: Trace; row: number }) {
  const { zone } = useNavigation();
  const id = spanId(trace, row);
  const answer = useApi<unknown>(apiPath(`/api/traces/${trace.traceId}/spans/${id}`));
  const span = answer.data ? readSpan(answer.data) : undefined;
  const service = trace.services[trace.service[row] ?? 0] ?? '';
  const shift = trace.shift[row] ?? 0;
  return (
    <>
      <h2 className="span-title">
        <ServiceName service={service} /> {trace.operations[trace.operation[row] ?? 0]}
      </h2>
      <dl className="facts">
        <Fact name="Took">{duration(trace.duration[row] ?? 0)}</Fact>
        <Fact name="Started">
          {dateTime(trace.startMs + (trace.start[row] ?? 0) - shift, zone)} (+{duration(trace.start[row] ?? 0)})
        </Fact>
        {span && (
          <Fact name="Kind, status">
            {span.kind}, <b className={span.status === 'error' ? 'bad' : ''}>{span.status}</b> {span.message}
          </Fact>
        )}
        {has(trace, row, FLAGS.orphan) && (
          <Fact name="Orphan">Its parent is not held: it was sampled out, evicted, or has not come yet.</Fact>
        )}
        {has(trace, row, FLAGS.cycle) && <Fact name="Cycle">It is its own ancestor; shown as a root.</Fact>}
        {shift !== 0 && (
          <Fact name="Clock">Off by {duration(-shift)} against its parent's; shown within it, stored as it came.</Fact>
        )}
        <Fact name="Span">
          <code>{id}</code>
        </Fact>
      </dl>
      {!span && <AnswerState answer={answer} what="span" />}
      {span && (
        <>
          {span.attributes.some(({ key }) => STATEMENT_KEYS.includes(key)) && (
            <SpanStatement
              traceId={trace.traceId}
              spanId={id}
              startMs={trace.startMs + (trace.start[row] ?? 0) - shift}
              endMs={trace.startMs + (trace.start[row] ?? 0) - shift + (trace.duration[row] ?? 0)}
            />
          )}
          <Attributes title="Attributes" attributes={span.attributes} service={service} />
          {span.events.map((event, i) => (
            <Attributes
              // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity; a span's do not change
              key={i}
              title={`Event ${event.name}, +${duration(millisecondsBetween(span.startNano, event.timeNano))}`}
              attributes={event.attributes}
            />
          ))}
          {span.links.map((link) => (
            <p key={link.spanId}>
              <Link page="trace" id={link.traceId} params={{ span: link.spanId }}>
                Linked span {link.spanId}
              </Link>
            </p>
          ))}
          <Attributes title="Resource" attributes={span.resource} service={service} />
          {span.scope && <p className="hint">Made by {span.scope}</p>}
          {span.dropped > 0 && <p className="hint">Its SDK left out {span.dropped} attributes, events or links.</p>}
        </>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A value leads to the traces that have it, where a service is given. */
function Attributes({ title, attributes, service }: { title: string; attributes: Attribute[]; service?: string }) {
  if (attributes.length === 0) return null;
  return (
    <details open>
      <summary>
        {title} <span className="hint">{attributes.length}</span>
      </summary>
      <dl className="attributes">
        {attributes.map(({ key, value }) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              {value}
              {service !== undefined && value.length > 0 && value.length <= 200 && !value.includes('"') && (
                <Link
                  page="traces"
                  params={{ service, attribute: `${key}="${value}"` }}
                  className="more"
                  label={`find traces with ${key}=${value}`}
                >
                  find
                </Link>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
