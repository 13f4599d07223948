/** A statement on one line, as a link to its page. */
import { Link } from '../shell/navigation.tsx';

const MOST = 300;

/** Statements have line breaks and indents where their source has. */
export const oneLine = (sql: string): string => sql.replace(/\s+/g, ' ').trim().slice(0, MOST);

export function StatementLink({ queryId, text }: { queryId: string; text: string }) {
  const said = oneLine(text);
  if (queryId === '' || queryId === '0') return <code className="muted">{said}</code>;
  return (
    <Link page="statement" id={queryId}>
      <code>{said || `statement ${queryId}`}</code>
    </Link>
  );
}

export function TraceLink({ traceId, spanId, label }: { traceId: string; spanId: string; label?: string }) {
  return traceId === '' ? null : (
    <Link page="trace" id={traceId} params={{ span: spanId }} className="tag" label={label}>
      trace
    </Link>
  );
}
