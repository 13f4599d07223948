/** The metrics held, to pick from. */
import type { Metric, MetricType } from '../api/types.ts';
import { exact } from '../format/number.ts';
import { Link, useNavigation, useParam } from '../shell/navigation.tsx';

const TYPES: Record<MetricType, string> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'hist',
  exponentialHistogram: 'exp hist',
  summary: 'summary',
};

export function MetricList({ metrics }: { metrics: readonly Metric[] }) {
  const { place } = useNavigation();
  const [find, setFind] = useParam('find');
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = metrics.filter((metric) => {
    const text = [metric.name, metric.description, metric.type, ...metric.services].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <nav className="panel metric-list" aria-label="Metrics held">
      <input
        type="search"
        data-search
        placeholder={`Find in ${exact(metrics.length)} metrics`}
        aria-label="Find metrics by name, description, type or service"
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <ul>
        {shown.map((metric) => (
          <li key={metric.name}>
            <Link page="metric" id={metric.name} params={{ find }} className="metric-item" current={place.id === metric.name}>
              <span className="metric-name">{metric.name}</span>
              <span className="hint">
                {TYPES[metric.type]} · {metric.services.join(', ')}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="loading">None of {exact(metrics.length)} matches.</p>}
    </nav>
  );
}
