/**
 * The database in Prometheus: what the collector makes of the names of database/names.ts and of those of its own receivers, `postgresql` and
 * `host_metrics`: `.` as `_`, the unit behind, `_total` behind a counter.
 */
export const DATABASE_METRICS = {
  /** Ours, of `database`. */
  calls: 'postgresql_statement_calls_total',
  time: 'postgresql_statement_duration_seconds_total',
  statementRows: 'postgresql_statement_rows_total',
  blocks: 'postgresql_statement_blocks_total',
  wal: 'postgresql_statement_wal_bytes_total',
  sessions: 'postgresql_session_count',
  blocked: 'postgresql_session_blocked',
  oldestTransaction: 'postgresql_transaction_oldest_age_seconds',
  idleTransaction: 'postgresql_transaction_idle_age_seconds',
  lockWait: 'postgresql_lock_wait_age_seconds',
  connectionMax: 'postgresql_connection_max',
  transactionIdAge: 'postgresql_database_transaction_id_age',
  deadlocks: 'postgresql_deadlocks_total',
  sequentialRows: 'postgresql_sequential_scan_rows_total',
  replicationDelay: 'postgresql_replication_data_delay_bytes',
  logLines: 'postgresql_log_lines_total',
  watchTime: 'postgresql_watch_duration_seconds_total',
  /** The receiver's. */
  rows: 'postgresql_rows',
  tableSize: 'postgresql_table_size_bytes',
  indexSize: 'postgresql_index_size_bytes',
  databaseSize: 'postgresql_db_size_bytes',
  commits: 'postgresql_commits_total',
  rollbacks: 'postgresql_rollbacks_total',
  /** The host's. */
  hostCpu: 'system_cpu_utilization_ratio',
  hostLoad: 'system_cpu_load_average_1m',
  hostMemory: 'system_memory_usage_bytes',
  hostFiles: 'system_filesystem_usage_bytes',
  hostDisk: 'system_disk_io_bytes_total',
  hostDiskTime: 'system_disk_operation_time_seconds_total',
  hostNetwork: 'system_network_io_bytes_total',
} as const;

/** The labels of these. */
export const DATABASE_LABELS = {
  database: 'db_namespace',
  statement: 'postgresql_query_id',
  state: 'postgresql_state',
  waitType: 'postgresql_wait_event_type',
  wait: 'postgresql_wait_event',
  schema: 'postgresql_schema_name',
  table: 'postgresql_table_name',
  block: 'postgresql_block_type',
  replica: 'replication_client',
  mountpoint: 'mountpoint',
} as const;
