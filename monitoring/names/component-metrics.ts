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
  scrapeSamples: 'scrape_samples_post_metric_relabeling',

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
  notificationsSent: 'prometheus_notifications_sent_total',
  notificationsDropped: 'prometheus_notifications_dropped_total',
  notificationQueue: 'prometheus_notifications_queue_length',
  samplesAppended: 'prometheus_tsdb_head_samples_appended_total',
  samplesOutOfOrder: 'prometheus_target_scrapes_sample_out_of_order_total',
  samplesOutOfBounds: 'prometheus_target_scrapes_sample_out_of_bounds_total',
  samplesDuplicate: 'prometheus_target_scrapes_sample_duplicate_timestamp_total',
  seriesHeld: 'prometheus_tsdb_head_series',
  ruleDuration: 'prometheus_rule_group_last_duration_seconds',
  ruleInterval: 'prometheus_rule_group_interval_seconds',
  /** Made by Prometheus of its alerts: 1 while pending or firing, and since when (Unix seconds). */
  alerts: 'ALERTS',
  alertsSince: 'ALERTS_FOR_STATE',

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
  processStart: 'process_start_time_seconds',

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

  collectorPointsAccepted: 'otelcol_receiver_accepted_metric_points',
  collectorPointsSent: 'otelcol_exporter_sent_metric_points',
  collectorLogsAccepted: 'otelcol_receiver_accepted_log_records',
  collectorLogsRefused: 'otelcol_receiver_refused_log_records',
  collectorLogsSent: 'otelcol_exporter_sent_log_records',
  /** Traces by what tail sampling decided, and those that were pushed out of its memory before it could. */
  tracesDecided: 'otelcol_processor_tail_sampling_global_count_traces_sampled',
  tracesTooEarly: 'otelcol_processor_tail_sampling_sampling_trace_dropped_too_early',
  tracesHeld: 'otelcol_processor_tail_sampling_sampling_traces_on_memory',

  collectorMemory: 'otelcol_process_memory_rss',

  /** Jaeger. */
  jaegerAccepted: 'otelcol_receiver_accepted_spans_total',
  jaegerRefused: 'otelcol_receiver_refused_spans_total',
  jaegerStored: 'otelcol_exporter_sent_spans_total',
  jaegerStoreFailed: 'otelcol_exporter_send_failed_spans_total',
  jaegerMemory: 'otelcol_process_memory_rss_bytes',

  /** The live view. */
  liveMemory: 'sightline_live_resident_memory_bytes',
  liveReceived: 'sightline_live_items_received_total',
  liveRejected: 'sightline_live_items_rejected_total',
  liveEvicted: 'sightline_live_items_evicted_total',
  liveBytes: 'sightline_live_store_bytes',
  liveCap: 'sightline_live_store_cap_bytes',

  /** Loki. */
  lokiLinesReceived: 'loki_distributor_lines_received_total',
  lokiBytesReceived: 'loki_distributor_bytes_received_total',
  /** From its documentation: it appears with the first line that Loki turns away, with the reason. */
  lokiLinesDiscarded: 'loki_discarded_samples_total',

  /** Promtail. */
  promtailLinesRead: 'promtail_read_lines_total',
  promtailLinesSent: 'promtail_sent_entries_total',
  promtailBytesRead: 'promtail_read_bytes_total',
  promtailFileBytes: 'promtail_file_bytes_total',
  /** From its documentation: it appears with the first line that Promtail gives up, with the reason. */
  promtailLinesDropped: 'promtail_dropped_entries_total',
} as const;
