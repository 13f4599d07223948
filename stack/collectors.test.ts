import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PERSONAL_DATA } from '../telemetry/redact.ts';
import { ROOT } from '../telemetry/root.ts';
import { ATTRIBUTES, BROWSER, DURATION_BUCKETS } from '../telemetry/signals.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** Compose's `!reset` is no tag of YAML's. */
const yaml = (file: string) => parse(read(file), { merge: true, logLevel: 'error' });
interface Pipeline {
  receivers: string[];
  processors?: string[];
  exporters: string[];
}
const seconds = (duration: string) =>
  duration.endsWith('ms') ? Number.parseFloat(duration) / 1000 : Number.parseFloat(duration);

describe('otel-collector-config.yml', () => {
  const { connectors, processors, receivers } = yaml('otel-collector-config.yml');
  const { service } = yaml('otel-collector-pipelines.yml');

  it('uses the buckets of signals.ts', () => {
    expect(connectors.span_metrics.histogram.explicit.buckets.map(seconds)).toEqual([...DURATION_BUCKETS]);
    expect(connectors.service_graph.latency_histogram_buckets.map(seconds)).toEqual([...DURATION_BUCKETS]);
    expect(connectors.service_graph.database_name_attributes).toEqual([ATTRIBUTES.dbSystem]);
  });

  it('masks what the logger masks', () => {
    const patterns = processors.redaction.blocked_values.map((pattern: string) => pattern.replace('(?i)', ''));
    expect(patterns).toEqual(Object.values(PERSONAL_DATA));
  });

  it('masks before anything is derived, sampled or stored', () => {
    for (const [name, { receivers, processors: used }] of Object.entries<Pipeline>(service.pipelines)) {
      if (receivers.includes('otlp')) expect(used, name).toContain('redaction');
      if (receivers.some((one) => one.startsWith('otlp'))) expect(used?.[0], name).toBe('memory_limiter');
    }
  });

  it('takes from the page spans alone, with a token of their own, in the name of the page, and masks them with all others', () => {
    const fed = Object.entries<Pipeline>(service.pipelines).filter(([, pipeline]) => pipeline.receivers.includes('otlp/browser'));
    expect(fed.map(([name, { exporters }]) => [name, exporters])).toEqual([['traces/browser', ['forward/browser']]]);
    expect(service.pipelines.traces.receivers).toContain('forward/browser');
    const { http } = receivers['otlp/browser'].protocols;
    expect(receivers['otlp/browser'].protocols).toEqual({ http });
    expect(http.auth).toEqual({ authenticator: 'bearertokenauth/browser' });
    expect(JSON.stringify(processors['transform/browser'])).toContain(
      `"set(resource.attributes[\\"service.name\\"], \\"${BROWSER}\\")"`,
    );
    const storefront = yaml('docker-compose.yml').services.storefront.environment;
    expect(storefront.BROWSER_OTLP_ENDPOINT).toBe(http.endpoint.replace('0.0.0.0', 'http://collector'));
  });

  it('copies the service name to the attribute that links read', () => {
    expect(JSON.stringify(processors)).toContain(`span.attributes[\\"${ATTRIBUTES.serviceCopy}\\"]`);
  });
});

describe('the two tiers with Kafka between them', () => {
  const parts = yaml('otel-collector-config.yml');
  const [alone, gateway, worker] = ['otel-collector-pipelines.yml', 'kafka-gateway.yml', 'kafka-worker.yml'].map(yaml);
  const pipelines = (config: typeof gateway) => Object.values<Pipeline>(config.service.pipelines);
  const used = (config: typeof gateway, role: 'receivers' | 'exporters') =>
    new Set(pipelines(config).flatMap((pipeline) => pipeline[role]));
  const overlay = yaml('docker-compose.kafka.yml').services;

  it('take all that one collector takes, and feed all that it feeds', () => {
    const outside = (names: Set<string>) =>
      [...names].filter((name) => !(name.split('/')[0] ?? '').match(/^(forward|kafka)$/)).sort();
    const derived = ['span_metrics', 'service_graph'];
    expect(outside(used(gateway, 'receivers'))).toEqual(
      outside(used(alone, 'receivers')).filter((name) => !derived.includes(name)),
    );
    const fed = new Set([...outside(used(gateway, 'exporters')), ...outside(used(worker, 'exporters'))]);
    for (const exporter of outside(used(alone, 'exporters'))) expect([...fed]).toContain(exporter);
  });

  it('limit memory first in each pipeline that reads from outside, and mask before Kafka', () => {
    for (const pipeline of [...pipelines(gateway), ...pipelines(worker)])
      if (!pipeline.receivers.some((name) => name.startsWith('forward') || name === 'span_metrics'))
        expect(pipeline.processors?.[0]).toBe('memory_limiter');
    for (const { receivers, processors, exporters } of pipelines(gateway))
      if (exporters.includes('kafka')) expect(processors, receivers.join()).toContain('redaction');
  });

  it('speak of the same topics, which only their service makes', () => {
    const { exporters } = gateway;
    const { receivers } = worker;
    const sent = ['traces', 'metrics', 'logs'].map((signal) => exporters.kafka[signal].topic);
    for (const name of Object.keys(receivers))
      expect(['traces', 'metrics', 'logs'].map((signal) => receivers[name][signal].topics)).toEqual(sent.map((topic) => [topic]));
    expect(overlay.topics.command.join()).toContain(`for topic in ${sent.join(' ')};`);
    expect(exporters.kafka.producer.allow_auto_topic_creation).toBe(false);
    expect(read('kafka.properties')).toContain('auto.create.topics.enable=false');
  });

  it('bring a whole trace to one worker, and any message within what the broker takes', () => {
    const { kafka } = gateway.exporters;
    expect(kafka.partition_traces_by_id).toBe(true);
    expect(kafka.producer.max_message_bytes).toBeLessThan(
      Number(/message\.max\.bytes=(\d+)/.exec(read('kafka.properties'))?.[1]),
    );
  });

  it('count a message as read when its pipeline took it, in a consumer group for each destination', () => {
    const receivers = Object.values<Record<string, unknown>>(worker.receivers);
    for (const receiver of receivers) expect(receiver.message_marking).toEqual({ after: true, on_permanent_error: true });
    expect(new Set(receivers.map(({ group_id }) => group_id)).size).toBe(receivers.length);
  });

  it('have nothing beside span metrics that may refuse: the message would be read again, and count again', () => {
    const derived = ['service_graph', 'span_metrics'];
    const beside = pipelines(worker).filter(({ exporters }) => exporters.some((name) => derived.includes(name)));
    expect(beside.map(({ exporters }) => exporters.toSorted())).toEqual([derived]);
  });

  it('keep nothing in a worker that must outlive it', () => {
    expect(worker.service.extensions).not.toContain('file_storage');
    for (const name of ['otlp_grpc/jaeger', 'otlp_http/loki', 'prometheusremotewrite']) {
      const { sending_queue, remote_write_queue } = { ...parts.exporters[name], ...worker.exporters[name] };
      const queue = sending_queue ?? remote_write_queue;
      expect(queue.enabled === false || (queue.storage === null && queue.block_on_overflow), name).toBe(true);
    }
    expect(overlay.worker.volumes.filter((volume: string) => !volume.endsWith(':ro'))).toEqual([]);
  });

  it('let Prometheus be written to, and change nothing else of it', () => {
    const { command } = yaml('docker-compose.yml').services.prometheus;
    expect(overlay.prometheus).toEqual({ command: [...command, '--web.enable-remote-write-receiver'] });
  });
});
