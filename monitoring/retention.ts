/**
 * How long, and how much of it, each store keeps, and what happens at the limit. A row names the file and the place in it that says so; a test
 * reads them there, and docs/scale.md shows the table.
 */
export interface Retention {
  signal: string;
  store: string;
  file: string;
  /** Where in the file each limit stands, and what stands there; none where the store has no such limit. */
  time?: Limit;
  size?: Limit;
  atLimit: string;
}

export interface Limit {
  /** Keys of a YAML file from the top, joined by dots; the key of a properties file; or, in any other file, the text that the value follows. */
  at: string;
  value: string;
  /** In the reader's words, where the file's own are not. */
  reads?: string;
}

export const RETENTION: readonly Retention[] = [
  {
    signal: 'traces',
    store: 'Jaeger',
    file: 'jaeger-config.yml',
    time: { at: 'extensions.jaeger_storage.backends.badger.badger.ttl.spans', value: '72h', reads: '3 days' },
    atLimit: 'the oldest go by age alone; StoreNearLimit tells of 8 GiB before the disk does',
  },
  {
    signal: 'metrics, promises and history',
    store: 'Prometheus',
    file: 'prometheus.yml',
    time: { at: 'storage.tsdb.retention.time', value: '31d', reads: '31 days' },
    size: { at: 'storage.tsdb.retention.size', value: '8GB' },
    atLimit: 'the oldest block goes, whichever limit comes first',
  },
  {
    signal: 'exemplars',
    store: 'Prometheus',
    file: 'prometheus.yml',
    size: { at: 'storage.exemplars.max_exemplars', value: '50000', reads: '50,000' },
    atLimit: 'the oldest give way',
  },
  {
    signal: 'logs',
    store: 'Loki',
    file: 'loki-config.yml',
    time: { at: 'limits_config.retention_period', value: '168h', reads: '7 days' },
    atLimit: 'the oldest go by age alone; StoreNearLimit tells of 4 GiB before the disk does',
  },
  {
    signal: 'log files of a service',
    store: 'the volume shop-logs',
    file: 'telemetry/logger.ts',
    size: { at: "size: '10m', mkdir: true, limit: { count:", value: '3', reads: '4 files of 10 MB' },
    atLimit: 'the oldest file goes, shipped or not',
  },
  {
    signal: 'log of the database',
    store: 'the volume postgres-logs',
    file: 'docker-compose.yml',
    time: { at: '-clog_filename=', value: 'postgresql-%H.log', reads: 'a day' },
    atLimit: 'each hour begins its file anew',
  },
  {
    signal: "containers' own output",
    store: 'Docker',
    file: 'docker-compose.yml',
    size: { at: 'options: { max-size: 5m, max-file:', value: "'2'", reads: '2 files of 5 MB' },
    atLimit: 'the older file goes',
  },
  {
    signal: 'spans that Jaeger has not taken',
    store: "the collector's volume",
    file: 'otel-collector-config.yml',
    time: { at: 'exporters.otlp_grpc/jaeger.retry_on_failure.max_elapsed_time', value: '0s', reads: 'without end' },
    size: { at: 'exporters.otlp_grpc/jaeger.sending_queue.queue_size', value: '200000', reads: '200,000 spans' },
    atLimit: 'what comes is given up and counted; QueueFilling and SpansNotExported tell',
  },
  {
    signal: 'lines by OTLP that Loki has not taken',
    store: "the collector's volume",
    file: 'otel-collector-config.yml',
    time: { at: 'exporters.otlp_http/loki.retry_on_failure.max_elapsed_time', value: '0s', reads: 'without end' },
    size: { at: 'exporters.otlp_http/loki.sending_queue.queue_size', value: '50000', reads: '50,000 lines' },
    atLimit: 'what comes is given up and counted',
  },
  {
    signal: 'what Kafka has not taken, a signal',
    store: "the gateway's volume",
    file: 'kafka-gateway.yml',
    time: { at: 'exporters.kafka.retry_on_failure.max_elapsed_time', value: '0s', reads: 'without end' },
    size: { at: 'exporters.kafka.sending_queue.queue_size', value: '200000', reads: '200,000 items' },
    atLimit: 'the gateway refuses; the sender keeps it and sends again',
  },
  {
    signal: 'what the workers have not read',
    store: 'Kafka',
    file: 'kafka.properties',
    time: { at: 'log.retention.hours', value: '24', reads: 'a day' },
    size: { at: 'log.retention.bytes', value: '134217728', reads: '128 MiB a partition, 36 partitions' },
    atLimit: 'the oldest segment goes, read or not; the lag grows before that',
  },
];

/** The table as Markdown. */
export function retentionTable(): string {
  const rows = RETENTION.map(({ signal, store, file, time, size, atLimit }) =>
    [signal, store, reads(time), reads(size), atLimit, `\`${file}\``].join(' | '),
  );
  return [
    '| what | where | how long | how much | at the limit | says |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

const reads = (limit?: Limit): string => limit?.reads ?? limit?.value ?? '';
