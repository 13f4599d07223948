/** Finding, errors, critical path, folding and zoom. */
import { counted, exact } from '../format/number.ts';
import type { TraceControls } from './use-trace-controls.ts';

export function TraceToolbar({ controls }: { controls: TraceControls }) {
  const { trace, query, setQuery, matches, next, nextError, critical, setCritical, foldAll, zoomed, unzoom } = controls;
  return (
    <div className="toolbar" role="toolbar" aria-label="Trace">
      <input
        type="search"
        data-search
        className="grow"
        placeholder="Find: name, service, key=value, is:error, >12"
        aria-label="Find in trace"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') next(event.shiftKey);
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <span className="hint" role="status">
        {query && `${exact(matches.length)} found`}
      </span>
      <button type="button" onClick={() => next(false)} disabled={matches.length === 0} title="Next found (n)">
        Next
      </button>
      <button
        type="button"
        className={trace.errors > 0 ? 'bad' : ''}
        onClick={nextError}
        disabled={trace.errors === 0}
        title="Next error (e)"
      >
        {counted(trace.errors, 'error')}
      </button>
      <button
        type="button"
        aria-pressed={critical}
        onClick={() => setCritical(!critical)}
        title="What the trace's end waited for (c)"
      >
        Critical path
      </button>
      <button type="button" onClick={foldAll} title="Fold or unfold all (f)">
        {controls.collapsed.size > 0 ? 'Unfold all' : 'Fold all'}
      </button>
      {zoomed && (
        <button type="button" onClick={unzoom} title="The whole trace (0)">
          Zoom out
        </button>
      )}
    </div>
  );
}
