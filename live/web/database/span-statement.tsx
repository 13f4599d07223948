/** From a span that ran a statement to the statement, and to what else the database did at that moment. */

import type { StatementList } from '../api/database-types.ts';
import { apiPath } from '../api/request.ts';
import { useApi } from '../api/use-api.ts';
import { duration, exact } from '../format/number.ts';
import { around, intervalParams } from '../shell/interval.ts';
import { Link } from '../shell/navigation.tsx';

interface SpanStatementProps {
  traceId: string;
  spanId: string;
  startMs: number;
  endMs: number;
}

export function SpanStatement({ traceId, spanId, startMs, endMs }: SpanStatementProps) {
  const interval = around(startMs, endMs);
  const { data } = useApi<StatementList>(apiPath('/api/database/statements', { traceId, spanId, ...intervalParams(interval) }));
  if (!data) return null;
  if (data.statements.length === 0)
    return <p className="hint">Nothing else is held of its statement: the database is not watched, or others were dearer.</p>;
  return data.statements.map((one) => (
    <p key={`${one.queryId} ${one.database}`} className="links">
      <Link page="statement" id={one.queryId} interval={interval}>
        Its statement
      </Link>
      <span className="hint">
        {one.calls > 0
          ? `${exact(one.calls)} calls around then, ${duration(one.meanMs)} on average`
          : 'no other call around then'}
      </span>
      <Link page="database" interval={interval}>
        What else ran then
      </Link>
    </p>
  ));
}
