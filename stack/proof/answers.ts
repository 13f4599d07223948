// What the stores answer, in the parts that are looked at here.

export interface Span {
  spanID: string;
  service: string;
  operationName: string;
  /** Span id of the parent; none for a root. */
  parent: string | undefined;
  tags: Record<string, unknown>;
}

export interface Sample {
  metric: Record<string, string>;
  /** Unix seconds, value. */
  value: [number, string];
}

export interface LogLine {
  /** Index labels and structured metadata together, as Loki returns them. */
  labels: Record<string, string>;
  line: string;
}

export interface Exemplar {
  labels: Record<string, string>;
  /** Unix seconds. */
  timestamp: number;
}

export interface Target {
  job: string;
  instance: string;
  /** The part of the address before the port: the name in docker-compose.yml. */
  host: string;
  up: boolean;
  lastError: string;
  /** Unix milliseconds. */
  lastScrape: number;
}

/** As Prometheus's API has it; `interval` in seconds. */
export interface RuleGroup {
  name: string;
  interval: number;
  rules: {
    type: 'recording' | 'alerting';
    name: string;
    query: string;
    health: 'ok' | 'err' | 'unknown';
    lastError?: string;
    annotations?: Record<string, string>;
  }[];
}

/** The part of OTLP's JSON that is looked at here. */
export interface TracesData {
  resourceSpans?: { resource: { attributes: { key: string; value: { stringValue: string } }[] } }[];
}
