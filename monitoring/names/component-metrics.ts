/**
 * Room names: what metrics, data sources and pages are called by those who made them, and PromQL's words for them.
 *
 * Metrics that the components publish about themselves: the names that no code of ours chooses, so telemetry/signals.ts does not hold them.
 * Each name was read from the component's own /metrics in the version of .env; an update of a component is checked against this table.
 */
export const COMPONENT_METRICS = {
  /** Prometheus: 1 while the last scrape of a target succeeded. */
  up: 'up',
  scrapeDuration: 'scrape_duration_seconds',

  /** A Go process: what it took from the kernel, and what of it it gave back. */
  goMemory: 'go_memstats_sys_bytes',
  goReleased: 'go_memstats_heap_released_bytes',

  /** Prometheus. */
  prometheusBlocks: 'prometheus_tsdb_storage_blocks_bytes',
  prometheusWal: 'prometheus_tsdb_wal_storage_size_bytes',
  prometheusLimit: 'prometheus_tsdb_retention_limit_bytes',
  ruleFailures: 'prometheus_rule_evaluation_failures_total',
  ruleMissed: 'prometheus_rule_group_iterations_missed_total',
  notificationErrors: 'prometheus_notifications_errors_total',

  /** Alertmanager. */
  notificationsFailed: 'alertmanager_notifications_failed_total',

  /** k6, through `--out opentelemetry` (prefix k6_) and the collector's prometheus exporter; durations in milliseconds. */
  offeredRequests: 'k6_http_reqs_total',
  offeredDuration: 'k6_http_req_duration_milliseconds',
  /** Appears with the first iteration that k6 had no free virtual user for. */
  droppedIterations: 'k6_dropped_iterations_total',

  /** prom-client's default metrics of a Node process. */
  eventLoopLag: 'nodejs_eventloop_lag_p99_seconds',
  heapUsed: 'nodejs_heap_size_used_bytes',
  residentMemory: 'process_resident_memory_bytes',
  cpu: 'process_cpu_seconds_total',

  /** The collector. Its counters carry no `_total`, because its endpoint speaks the text format only. */
  collectorAccepted: 'otelcol_receiver_accepted_spans',
  collectorRefused: 'otelcol_receiver_refused_spans',
  collectorSent: 'otelcol_exporter_sent_spans',
  /** Appears with the first span given up. */
  collectorSendFailed: 'otelcol_exporter_send_failed_spans',
  /** Appears with the first span that a full queue has no room for. */
  collectorQueueRefused: 'otelcol_exporter_enqueue_failed_spans',
  collectorQueueSize: 'otelcol_exporter_queue_size',
  collectorQueueCapacity: 'otelcol_exporter_queue_capacity',

  /** With Kafka between two tiers (docker-compose.kafka.yml): messages that the first has sent, and the second read. */
  kafkaRecords: 'otelcol_kafka_exporter_records',
  workerRecords: 'otelcol_kafka_receiver_records',

  collectorMemory: 'otelcol_process_memory_rss',

  /** Jaeger. */
  jaegerMemory: 'otelcol_process_memory_rss_bytes',

  /** The live view. */
  liveMemory: 'sightline_live_resident_memory_bytes',
  liveRejected: 'sightline_live_items_rejected_total',

  /** Loki. */
  lokiLinesReceived: 'loki_distributor_lines_received_total',
} as const;
