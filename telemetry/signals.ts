/**
 * The one typed registry of every service, edge, metric, label, span attribute and log field.
 * The shop, the dashboards, `verify` and the checks of the configuration files import these names; a name that is not here does not exist.
 */

/** The shop's services. Names are the values of `service.name` in traces, of `service_name` in Prometheus and Loki. */
export const SERVICES = ['storefront', 'orders', 'inventory', 'payments'] as const;
export type Service = (typeof SERVICES)[number];

/** Resource attributes that every span carries beside `service.name`, `service.version` and `service.instance.id`. */
export const NAMESPACE = 'shop';

/** The node that the service graph shows for PostgreSQL: the value of the span attribute `db.system.name`. */
export const DATABASE = 'postgresql';

/** Who calls whom: client, server. The collector's service graph must show exactly these edges, beside `user` -> storefront. */
export const EDGES = [
  ['storefront', 'inventory'],
  ['storefront', 'orders'],
  ['orders', 'inventory'],
  ['orders', 'payments'],
  ['orders', DATABASE],
  ['inventory', DATABASE],
  ['payments', DATABASE],
] as const satisfies readonly (readonly [Service, Service | typeof DATABASE])[];

/** The edges of one successful checkout's trace: all but the catalogue's. */
export const CHECKOUT_EDGES = EDGES.filter(([client, server]) => !(client === 'storefront' && server === 'inventory'));

/** The shop's page in a visitor's browser, by its `service.name`. It is no process of the stack, so SERVICES does not have it. */
export const BROWSER = 'browser';

/** The edge that a click adds to the service graph. */
export const BROWSER_EDGE = [BROWSER, 'storefront'] as const;

/** Where the page posts its spans, at the storefront's own address: the path of OTLP/HTTP. */
export const BROWSER_TRACES = '/v1/traces';

/** The header in which the page says what time it has as it sends (Unix milliseconds): visitors' clocks are off by minutes. */
export const BROWSER_CLOCK = 'sent-at';

/** What a visitor does on the page: the names of the root spans of clicks. */
export const CLICKS = [
  'Open the shop',
  'Search',
  'Show all products',
  'Turn the page',
  'Go back or forward',
  'Show details',
  'Buy',
  'Retry the order',
  'Look at the order',
] as const;
export type Click = (typeof CLICKS)[number];

/** Web Vitals (https://web.dev/articles/vitals), as `browser.web_vital.name` has them. All are times but `cls`, a score. */
export const VITALS = ['ttfb', 'fcp', 'lcp', 'inp', 'cls'] as const;
export type Vital = (typeof VITALS)[number];

/** A Web Vital's span: the moment at which the value was reached. */
export const vitalSpan = (vital: Vital) => `web_vital ${vital}` as const;

/** Every name that a span of the page may have: its own, and those of the instrumentations of fetch and of the document's load. */
export const BROWSER_SPANS = [
  ...CLICKS,
  ...VITALS.map(vitalSpan),
  ...['documentLoad', 'documentFetch', 'resourceFetch'],
  ...['GET', 'POST'],
] as const;

/** Label names in Prometheus: the semantic conventions' attributes with `.` as `_`. */
export const LABELS = {
  service: 'service_name',
  method: 'http_request_method',
  route: 'http_route',
  status: 'http_response_status_code',
  server: 'server_address',
  outcome: 'outcome',
  level: 'level',
  errorType: 'error_type',
  poolState: 'db_client_connection_state',
  spanName: 'span_name',
  spanKind: 'span_kind',
  spanStatus: 'status_code',
  client: 'client',
  serverNode: 'server',
  vital: 'browser_web_vital_name',
  signal: 'signal',
  result: 'result',
  store: 'store',
  version: 'service_version',
  fault: 'fault',
} as const;

/** The route label of a request that matched no route: bounds the label's cardinality whatever is asked for. */
export const UNMATCHED_ROUTE = 'unmatched';

/** Exemplar labels on the shop's own histograms, also the names of the fields that tie a log line to its span. */
export const TRACE_ID = 'trace_id';
export const SPAN_ID = 'span_id';

/** Metrics by name as Prometheus stores them; `_bucket`, `_sum` and `_count` are added to a histogram's. */
export const METRICS = {
  requestDuration: { name: 'http_server_request_duration_seconds', type: 'histogram', labels: ['method', 'route', 'status'] },
  activeRequests: { name: 'http_server_active_requests', type: 'gauge', labels: ['method'] },
  outboundDuration: { name: 'http_client_request_duration_seconds', type: 'histogram', labels: ['method', 'server', 'status'] },
  poolConnections: { name: 'db_client_connection_count', type: 'gauge', labels: ['poolState'] },
  poolWaiting: { name: 'db_client_connection_pending_requests', type: 'gauge', labels: [] },
  orders: { name: 'shop_orders_total', type: 'counter', labels: ['outcome'] },
  revenue: { name: 'shop_revenue_euros_total', type: 'counter', labels: [] },
  logLines: { name: 'log_lines_total', type: 'counter', labels: ['level'] },
  spansProcessed: { name: 'otel_sdk_processor_span_processed_total', type: 'counter', labels: ['errorType'] },
  spanQueueSize: { name: 'otel_sdk_processor_span_queue_size', type: 'gauge', labels: [] },
  /** The name that Prometheus's convention gives a process's resource attributes; of those the version alone, since job and service name are the target's. */
  targetInfo: { name: 'target_info', type: 'gauge', labels: ['version'] },
  /** 1 while a fault of app/faults.ts is on. */
  faultActive: { name: 'shop_fault_active', type: 'gauge', labels: ['fault'] },
  browserRequests: { name: 'browser_relay_requests_total', type: 'counter', labels: ['outcome'] },
  browserSpans: { name: 'browser_relay_spans_total', type: 'counter', labels: ['outcome'] },
  webVital: { name: 'browser_web_vital_seconds', type: 'histogram', labels: ['vital'] },
  layoutShift: { name: 'browser_web_vital_layout_shift', type: 'histogram', labels: [] },
  spanQueueCapacity: { name: 'otel_sdk_processor_span_queue_capacity', type: 'gauge', labels: [] },
  /** Of the prober: how long a signal took from its making until a store answered with it; infinite where it did not come. */
  freshness: { name: 'telemetry_freshness_seconds', type: 'histogram', labels: ['signal'] },
  exemplarsChecked: { name: 'telemetry_exemplars_checked_total', type: 'counter', labels: ['result'] },
  diskUsed: { name: 'store_disk_used_bytes', type: 'gauge', labels: ['store'] },
  diskLimit: { name: 'store_disk_limit_bytes', type: 'gauge', labels: ['store'] },
} as const satisfies Record<string, Metric>;

/** Metrics that the collector's connectors derive from spans (seconds; exemplars), and its own names for spans' kinds and states. */
export const SPAN_METRICS = {
  calls: 'traces_span_metrics_calls_total',
  duration: 'traces_span_metrics_duration_seconds',
  edgeRequests: 'traces_service_graph_request_total',
  edgeFailures: 'traces_service_graph_request_failed_total',
  edgeServerDuration: 'traces_service_graph_request_server_seconds',
  kindServer: 'SPAN_KIND_SERVER',
  kindClient: 'SPAN_KIND_CLIENT',
  statusError: 'STATUS_CODE_ERROR',
} as const;

/** Upper bounds of the duration buckets in seconds: the semantic conventions' advice for `http.server.request.duration`. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** The durations that a threshold may have: a histogram knows the share below each of its bounds, and nothing of what lies between. */
export type DurationBound = (typeof DURATION_BUCKETS)[number];

/** The same for Web Vitals, with the bounds of "good" and "needs improvement" among them (https://web.dev/articles/defining-core-web-vitals-thresholds). */
export const VITAL_BUCKETS = [0.025, 0.05, 0.1, 0.2, 0.5, 0.8, 1.2, 1.8, 2.5, 3, 4, 6, 10] as const;
/** And for the score of layout shifts: 0.1 and 0.25 are those bounds. */
export const LAYOUT_SHIFT_BUCKETS = [0, 0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1] as const;

/** Fields of a log line (JSON) and, for the last two, Loki's structured metadata. */
export const LOG_FIELDS = ['time', 'level', 'service', 'msg', TRACE_ID, SPAN_ID] as const;

/** Labels that a log line has in Loki. */
export const LOG_LABELS = ['service_name', 'level'] as const;

/** Span attributes (semantic conventions, stable names) that the collector, `verify` or a dashboard reads. */
export const ATTRIBUTES = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  dbSystem: 'db.system.name',
  query: 'db.query.text',
  orderId: 'shop.order.id',
  url: 'url.full',
  errorType: 'error.type',
  vital: 'browser.web_vital.name',
  /** Milliseconds; a score for `cls`. */
  vitalValue: 'browser.web_vital.value',
  vitalRating: 'browser.web_vital.rating',
  /** `test` on what no visitor did but `verify`. */
  synthetic: 'user_agent.synthetic.type',
  /** `service.name` again, as a span attribute: Jaeger's search result and Grafana's trace links cannot read the resource's. */
  serviceCopy: 'service_name',
} as const;

interface Metric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  labels: readonly (keyof typeof LABELS)[];
}
