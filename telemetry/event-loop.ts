import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** As prom-client has it. */
const NAME = 'nodejs_eventloop_lag_p99_seconds';
/** A reading looks back over one to two of these: at least as far as the one before, of whoever reads every 3 s. */
const TURN_MILLISECONDS = 3000;

/**
 * Puts a p99 of the event loop's delay in the place of prom-client's, which begins anew with each reading: where two read (a scrape and a push),
 * each sees what the other left, and a loop that stands still at the moment of a reading is forgotten. Here readings change nothing; of two
 * histograms, begun in turns, the older one is read.
 */
export function measureEventLoop(registry: Registry): void {
  registry.removeSingleMetric(NAME);
  const begin = () => monitorEventLoopDelay({ resolution: 10 });
  let [older, newer] = [begin(), begin()];
  older.enable();
  newer.enable();
  setInterval(() => {
    older.reset();
    [older, newer] = [newer, older];
  }, TURN_MILLISECONDS).unref();
  new Gauge({
    name: NAME,
    help: 'The 99th percentile of the event loop delay in the last seconds, whoever reads it.',
    registers: [registry],
    collect() {
      this.set(older.percentile(99) / 1e9);
    },
  });
}
