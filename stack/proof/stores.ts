import { parse } from 'yaml';
import type { Addresses } from '../compose/addresses.ts';
import type { Exemplar, LogLine, RuleGroup, Sample, Span, Target, TracesData } from './answers.ts';

/** A component did not answer, or not as it should: `component` is its name in docker-compose.yml. */
export class ComponentError extends Error {
  readonly component: string;

  constructor(component: string, reason: string) {
    super(`${component}: ${reason}`);
    this.component = component;
  }
}

export type Stores = ReturnType<typeof stores>;

/** The stores' own HTTP APIs. Every call answers within `milliseconds` or throws ComponentError. */
export function stores(at: Addresses, milliseconds = 5000) {
  const prometheus = <T>(path: string, parameters: Record<string, string> = {}) =>
    getJson<{ data: T }>('prometheus', at.prometheus, `/api/v1/${path}`, parameters, milliseconds);
  const loki = <T>(path: string, parameters: Record<string, string>) =>
    getJson<{ data: T }>('loki', at.loki, `/loki/api/v1/${path}`, parameters, milliseconds);
  const live = <T>(path: string, parameters: Record<string, string>, token: string) =>
    getJson<T>('live', at.live, `/api/database/${path}`, parameters, milliseconds, [], { authorization: `Bearer ${token}` });

  return {
    /** The spans of a trace; empty when Jaeger does not have it. */
    async trace(traceId: string): Promise<Span[]> {
      const { data } = await getJson<{ data: JaegerTrace[] | null }>(
        'jaeger',
        at.jaeger,
        `/api/traces/${traceId}`,
        {},
        milliseconds,
        [404],
      );
      return (data ?? []).flatMap(({ spans, processes }) => spans.map((span) => asSpan(span, processes)));
    },

    /** What the live view holds of a trace, as OTLP's JSON; without spans where it does not have it. */
    liveTrace: (traceId: string, token: string) =>
      getJson<TracesData>('live', at.live, `/api/traces/${traceId}`, {}, milliseconds, [404], {
        authorization: `Bearer ${token}`,
      }),

    /** Log records of a trace that the live view holds. */
    async liveLogs(traceId: string, token: string): Promise<{ attributes: Record<string, unknown> }[]> {
      const { logs } = await getJson<{ logs: { attributes: Record<string, unknown> }[] }>(
        'live',
        at.live,
        '/api/logs',
        { traceId, limit: '1000' },
        milliseconds,
        [],
        { authorization: `Bearer ${token}` },
      );
      return logs;
    },

    /** Statements that a trace ran, as the live view knows them from the database; '' is the queryId of what has none of its own. */
    async liveStatements(traceId: string, token: string): Promise<{ queryId: string; text: string }[]> {
      const { statements } = await live<{ statements: { queryId: string; text: string }[] }>('statements', { traceId }, token);
      return statements;
    },

    /** Spans that ran a statement, the slowest, as the live view holds them. */
    async liveExamples(queryId: string, token: string): Promise<{ traceId: string; spanId: string }[]> {
      const { callers } = await live<{ callers: { examples: { traceId: string; spanId: string }[] } }>(
        `statements/${queryId}`,
        {},
        token,
      );
      return callers.examples;
    },

    /** Jaeger's search: whole traces, at most `limit`, of the last hour. */
    async searchTraces(query: Record<string, string>): Promise<number> {
      const { data } = await getJson<{ data: JaegerTrace[] }>(
        'jaeger',
        at.jaeger,
        '/api/traces',
        { lookback: '1h', limit: '20', ...query },
        milliseconds,
      );
      return data.length;
    },

    async query(expression: string): Promise<Sample[]> {
      const { data } = await prometheus<{ result: Sample[] }>('query', { query: expression });
      return data.result;
    },

    async exemplars(selector: string, since: Date): Promise<Exemplar[]> {
      const parameters = { query: selector, start: since.toISOString(), end: new Date().toISOString() };
      const { data } = await prometheus<{ exemplars: Exemplar[] }[]>('query_exemplars', parameters);
      return data.flatMap(({ exemplars }) => exemplars).sort((a, b) => b.timestamp - a.timestamp);
    },

    async targets(): Promise<Target[]> {
      const { data } = await prometheus<{ activeTargets: PrometheusTarget[] }>('targets', { state: 'active' });
      return data.activeTargets.map(asTarget);
    },

    /** Prometheus's groups of rules. */
    async rules(): Promise<RuleGroup[]> {
      return (await prometheus<{ groups: RuleGroup[] }>('rules')).data.groups;
    },

    /** The ways by which each receiver of Alertmanager is told, e.g. `{ page: ['webhook'], ticket: [] }`, by the configuration that it runs with. */
    async receivers(): Promise<Record<string, string[]>> {
      const { config } = await getJson<{ config: { original: string } }>(
        'alertmanager',
        at.alertmanager,
        '/api/v2/status',
        {},
        milliseconds,
      );
      const { receivers } = parse(config.original) as { receivers: { name: string }[] };
      const ways = (receiver: object) =>
        Object.keys(receiver).flatMap((key) => (key.endsWith('_configs') ? [key.replace('_configs', '')] : []));
      return Object.fromEntries(receivers.map((receiver) => [receiver.name, ways(receiver)]));
    },

    /** How many values each label has in Prometheus's head, of the labels that have the most. */
    async labelSizes(): Promise<{ name: string; value: number }[]> {
      return (
        await prometheus<{ labelValueCountByLabelName: { name: string; value: number }[] }>('status/tsdb', { limit: '100' })
      ).data.labelValueCountByLabelName;
    },

    /** Names and values of every label that Prometheus holds. */
    async labelValues(): Promise<string[]> {
      const { data: names } = await prometheus<string[]>('labels');
      const values = await Promise.all(names.map(async (name) => (await prometheus<string[]>(`label/${name}/values`)).data));
      return values.flat();
    },

    /** Log lines of the last hour, newest first. */
    async logs(query: string): Promise<LogLine[]> {
      const start = String((Date.now() - 3_600_000) * 1e6);
      const { data } = await loki<{ result: { stream: Record<string, string>; values: [string, string][] }[] }>('query_range', {
        query,
        start,
        limit: '500',
      });
      return data.result.flatMap(({ stream, values }) => values.map(([, line]) => ({ labels: stream, line })));
    },

    /** A LogQL metric query's samples now. */
    async logMetric(query: string): Promise<Sample[]> {
      return (await loki<{ result: Sample[] }>('query', { query })).data.result;
    },
  };
}

interface JaegerTrace {
  spans: {
    spanID: string;
    processID: string;
    operationName: string;
    references: { refType: string; spanID: string }[];
    tags: { key: string; value: unknown }[];
  }[];
  processes: Record<string, { serviceName: string }>;
}

interface PrometheusTarget {
  labels: { job: string; instance: string };
  health: string;
  lastError: string;
  lastScrape: string;
  discoveredLabels: Record<string, string>;
}

function asSpan(
  { spanID, processID, operationName, references, tags }: JaegerTrace['spans'][number],
  processes: JaegerTrace['processes'],
): Span {
  return {
    spanID,
    operationName,
    service: processes[processID]?.serviceName ?? '',
    parent: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  };
}

function asTarget({ labels: { job, instance }, health, lastError, lastScrape, discoveredLabels }: PrometheusTarget): Target {
  // An address found by DNS is a bare IP: the name that was asked for says which component it is.
  const host = (discoveredLabels.__meta_dns_name ?? instance).split(':')[0] ?? instance;
  return {
    job,
    instance,
    host: host === 'localhost' ? 'prometheus' : host,
    up: health === 'up',
    lastError,
    lastScrape: Date.parse(lastScrape),
  };
}

/** GET `base`+`path` as JSON; ComponentError names what did not answer, and how to start it. Statuses in `also` are answers, too. */
async function getJson<T>(
  component: string,
  base: string,
  path: string,
  parameters: Record<string, string>,
  milliseconds: number,
  also: number[] = [],
  headers: Record<string, string> = {},
): Promise<T> {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const { status, text } = await reach(component, url, { headers, milliseconds });
  if (status !== 200 && !also.includes(status)) fail(component, `${status} for ${url.pathname}: ${text.slice(0, 200).trim()}`);
  return JSON.parse(text);
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** fetch with the whole body, within `milliseconds` (5 s); its failure names the component and the next command. */
export async function reach(
  component: string,
  url: URL | string,
  init: RequestInit & { milliseconds?: number } = {},
): Promise<Answer> {
  const cancel = new AbortController();
  // Not AbortSignal.timeout: its timer does not keep the process alive, which would end in the middle of a request whose connection broke.
  const timer = setTimeout(() => cancel.abort(), init.milliseconds ?? 5000);
  try {
    const response = await fetch(url, { ...init, signal: cancel.signal });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch {
    const { origin } = new URL(url);
    fail(
      component,
      `no answer from ${origin}; see docker compose ps ${component}, start it with docker compose up -d ${component}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Throws ComponentError. */
export function fail(component: string, reason: string): never {
  throw new ComponentError(component, reason);
}

/** Calls `attempt` until it returns something other than undefined, at most `seconds`; a thrown error waits as well and is the one told at the end. */
export async function until<T>(seconds: number, what: () => string, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    let failure: unknown;
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw failure ?? new Error(`${what()} within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
