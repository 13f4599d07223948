import { COMPONENT_METRICS } from '../../monitoring/names/component-metrics.ts';
import type { Check } from './components.ts';
import type { Context } from './context.ts';
import { fail, until } from './stores.ts';

const { collectorQueueSize, collectorQueueCapacity } = COMPONENT_METRICS;
/** Messages that the first tier has sent, and the second read. */
const kafkaRecords = 'otelcol_kafka_exporter_records';
const workerRecords = 'otelcol_kafka_receiver_records';
const KAFKA = 'exporter="kafka"';
/** The topic of each signal, by the collector's name for it. */
const TOPICS: Record<string, string> = { traces: 'spans', metrics: 'metrics', logs: 'logs' };

/** What docker-compose.kafka.yml puts between the collector and the stores. Whoever needs the collector needs these then, too. */
const TIERS: Check[] = [
  {
    name: 'kafka',
    needs: ['collector', 'prometheus'],
    seconds: 30,
    run: (context, seconds) => {
      let waiting = '';
      let first: Map<string, number> | undefined;
      return until(
        seconds,
        () => `kafka: does not take what the collector has for it (${waiting || 'nothing was scraped since this run began'})`,
        async () => {
          const sent = await sums(context, `${kafkaRecords}{outcome="success"}`, 'topic');
          const queued = await sums(context, `${collectorQueueSize}{${KAFKA}}`, 'data_type');
          if (sent.size === 0 || queued.size === 0) return undefined;
          first ??= sent;
          const moves = [...sent].filter(([topic, count]) => count > (first?.get(topic) ?? 0)).map(([topic]) => topic);
          const stuck = [...queued].filter(([signal, size]) => size > 0 && !moves.includes(TOPICS[signal] ?? ''));
          waiting = stuck.map(([signal, size]) => `${size} ${signal} wait`).join(', ') || 'nothing goes and nothing waits';
          return moves.length > 0 && stuck.length === 0 ? `takes ${moves.join(', ')}` : undefined;
        },
      );
    },
  },
  {
    name: 'worker',
    needs: ['collector', 'prometheus', 'kafka'],
    seconds: 30,
    run: (context, seconds) => {
      let first: number | undefined;
      return until(
        seconds,
        () => 'worker: reads nothing from kafka',
        async () => {
          const workers = (await context.stores.targets()).filter(({ job }) => job === 'worker');
          if (workers.length === 0) fail('worker', 'none runs: docker compose up -d --scale worker=3');
          const down = workers.filter(({ up, lastScrape }) => !up && lastScrape > context.began);
          if (down.length > 0) fail('worker', `${down.length} of ${workers.length} down: ${down[0]?.lastError}`);
          const read = (await sums(context, workerRecords, 'job')).get('worker');
          if (read === undefined) return undefined;
          first ??= read;
          return read === first ? undefined : `${workers.length} read`;
        },
      );
    },
  },
];

/** Whether the collector here sends to Kafka; without an answer of Prometheus, no. */
async function usesKafka({ stores }: Context): Promise<boolean> {
  return (await stores.query(`${collectorQueueCapacity}{${KAFKA}}`).catch(() => [])).length > 0;
}

/** The stages of a run, with Kafka's and the workers' put in after the first where the stack has them. */
export async function withTiers(context: Context, [components = [], ...rest]: Check[][]): Promise<Check[][]> {
  if (!(await usesKafka(context))) return [components, ...rest];
  const tiers = TIERS.map(({ name }) => name);
  const dependent = (check: Check) => ({
    ...check,
    needs: check.needs.includes('collector') ? [...check.needs, ...tiers] : check.needs,
  });
  return [components, TIERS.slice(0, 1), TIERS.slice(1), ...rest.map((stage) => stage.map(dependent))];
}

/** Sums of the series by `label`, once all of them were scraped after this run began; empty before. */
async function sums({ stores, began }: Context, selector: string, label: string): Promise<Map<string, number>> {
  const scraped = Number((await stores.query(`min(timestamp(${selector}))`))[0]?.value[1]);
  if (!(scraped * 1000 > began)) return new Map();
  const samples = await stores.query(`sum by (${label}) (${selector})`);
  return new Map(samples.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]));
}
