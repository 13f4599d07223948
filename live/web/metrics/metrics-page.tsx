/** Room metrics: pick a metric and look into it. */
import { METRICS } from '../../../telemetry/signals.ts';
import type { Metric } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { AnswerState, Empty, NothingYet } from '../shell/states.tsx';
import { MetricList } from './metric-list.tsx';
import { MetricView } from './metric-view.tsx';

const RENEW_MS = 15_000;

export function MetricsPage() {
  const { place } = useNavigation();
  const answer = useApi<{ metrics: Metric[] }>('/api/metrics', RENEW_MS);
  const metrics = answer.data?.metrics ?? [];
  const metric = place.id === '' ? preferred(metrics) : metrics.find(({ name }) => name === place.id);
  return (
    <>
      <div className="title">
        <h1>Metrics</h1>
        {place.id && (
          <Link page="metrics" className="only-narrow">
            All metrics
          </Link>
        )}
      </div>
      {!answer.data && <AnswerState answer={answer} what="list of metrics" />}
      {answer.data && metrics.length === 0 && <NothingYet />}
      {metrics.length > 0 && (
        <div className={`metrics-grid ${place.id ? 'picked' : ''}`}>
          <MetricList metrics={metrics} />
          {metric && <MetricView key={metric.name} metric={metric} />}
          {!metric && <Empty title={`No points of ${place.id} are held (any more).`} />}
        </div>
      )}
    </>
  );
}

/** What is shown before one is picked: how long requests take says most. */
function preferred(metrics: readonly Metric[]): Metric | undefined {
  return (
    metrics.find(({ name }) => name === METRICS.requestDuration.name) ??
    metrics.find(({ type }) => type === 'histogram') ??
    metrics[0]
  );
}
