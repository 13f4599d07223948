import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MEMORY } from '../monitoring/names/memory.ts';
import { EVALUATION_INTERVAL, ruleFiles } from '../monitoring/rule-files.ts';
import { PERIOD_DAYS } from '../monitoring/slos.ts';
import { JOBS_OVER_TLS } from '../monitoring/tls.ts';
import { ROOT } from '../telemetry/root.ts';
import { LOG_FIELDS, LOG_LABELS, NAMESPACE, SERVICES, SPAN_ID, SPAN_METRICS, TRACE_ID } from '../telemetry/signals.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** Compose's `!reset` is no tag of YAML's. */
const yaml = (file: string) => parse(read(file), { merge: true, logLevel: 'error' });

describe.each(['docker-compose.yml', 'docker-compose.kafka.yml', 'docker-compose.tls.yml'])('%s', (file) => {
  const { services } = yaml(file);
  // An overlay's others are the base's, with something added.
  const names = Object.keys(services).filter((name) => services[name].image);

  it.each(names)('hardens %s', (name) => {
    const service = services[name];
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.stringMatching(/^\d+m$/),
    });
    expect(service.cap_add ?? []).toEqual(name === 'init' ? ['CHOWN'] : []);
    expect(service.privileged).toBeUndefined();
    expect(JSON.stringify(service.volumes ?? [])).not.toContain('docker.sock');
    // Whose image does not name an unprivileged user, compose does: init is the one that is root.
    const unprivilegedImages = ['collector', 'worker', 'jaeger', 'prometheus', 'alertmanager', 'loki'];
    if (name === 'init') expect(service.user).toBe('0:0');
    else if (!unprivilegedImages.includes(name)) expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
  });

  it('publishes ports on loopback only, each by its name in .env', () => {
    for (const name of Object.keys(services))
      for (const port of services[name].ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+_PORT\}:\d+(\/udp)?$/);
  });

  it('takes every image from .env, by an exact version', () => {
    const env = parseEnv(read('.env'));
    for (const name of names) {
      const { image } = services[name];
      if (image === 'sightline') continue;
      const variable = /^\$\{(\w+)\}$/.exec(image)?.[1] ?? '';
      expect(env[variable], `${name}: ${image}`).toMatch(/:v?\d[\w.-]*$/);
    }
  });

  it('shows the output of welcome alone', () => {
    expect(names.filter((name) => services[name].attach !== false)).toEqual(file === 'docker-compose.yml' ? ['welcome'] : []);
  });
});

describe('docker-compose.yml', () => {
  const { services } = yaml('docker-compose.yml');

  it('runs one container per service of signals.ts', () => {
    for (const service of SERVICES)
      expect(services[service].environment).toMatchObject({
        ROLE: service,
        OTEL_SERVICE_NAME: service,
        OTEL_RESOURCE_ATTRIBUTES: `service.namespace=${NAMESPACE}`,
      });
  });
});

describe('.env', () => {
  it('fits on a page and holds no secret', () => {
    expect(read('.env').trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    expect(read('.env')).not.toMatch(/password|token|secret/i);
  });
});

describe('docker-compose.tls.yml', () => {
  const [base, pipelines, tls, jaeger] = [
    'otel-collector-config.yml',
    'otel-collector-pipelines.yml',
    'otel-collector-tls.yml',
    'jaeger-tls.yml',
  ].map(yaml);

  it('has every receiver of OTLP ask for a certificate, but the one for the metrics of k6, which is not published', () => {
    const { 'otlp/traffic': traffic, ...others } = tls.receivers;
    expect(Object.keys(others)).toEqual(Object.keys(base.receivers).filter((name) => name.startsWith('otlp')));
    for (const [name, { protocols }] of Object.entries<{ protocols: object }>({ ...others, jaeger: jaeger.receivers.otlp })) {
      if (name !== 'jaeger') expect(Object.keys(protocols).sort()).toEqual(Object.keys(base.receivers[name].protocols).sort());
      for (const protocol of Object.values(protocols))
        expect(protocol.tls).toMatchObject({ client_ca_file: expect.stringMatching(/ca\.crt$/), min_version: '1.3' });
    }
    const added = `--config=yaml:service::pipelines::metrics::receivers: [${pipelines.service.pipelines.metrics.receivers.join(', ')}, otlp/traffic]`;
    for (const file of ['docker-compose.tls.yml', 'docker-compose.kafka-tls.yml'])
      expect(yaml(file).services.collector.command, file).toContain(added);
    expect(yaml('kafka-gateway.yml').service.pipelines.metrics.receivers).toEqual(pipelines.service.pipelines.metrics.receivers);
    expect(tls.service).toBeUndefined();
    const port = traffic.protocols.http.endpoint.split(':')[1];
    expect(JSON.stringify(yaml('docker-compose.yml').services.collector.ports)).not.toContain(port);
  });
});

describe('docker-compose.tls.yml, scrapes and queries', () => {
  const { services } = yaml('docker-compose.yml');
  const tls = yaml('docker-compose.tls.yml').services;

  it('publishes what it takes the ports of by `pages`, and nothing else', () => {
    const taken = Object.keys(tls).filter((name) => Array.isArray(tls[name].ports) && tls[name].ports.length === 0);
    expect(taken.flatMap((name) => services[name].ports).sort()).toEqual([...tls.pages.ports].sort());
    expect(read('docker-compose.tls.yml').match(/ports: !reset \[\]/g)).toHaveLength(taken.length);
    const leads = tls.pages.environment.TLS_LEADS.split(',').map((lead: string) => lead.split('=')[0]);
    expect(leads.sort()).toEqual(tls.pages.ports.map((port: string) => port.split(':').at(-1)).sort());
  });

  it('starts each command as the base does, with the ends of TLS before it', () => {
    const ends = ['--import', './dist/stack/compose/tls-ends.js'];
    for (const name of [...SERVICES, 'live', 'prober', 'verify', 'welcome']) {
      const [node, ...others] = services[name].command;
      expect(tls[name].command, name).toEqual([node, ...ends, ...others]);
    }
    for (const [name, flag] of [
      ['prometheus', '--web.config.file=/etc/prometheus/web.yml'],
      ['alertmanager', '--web.config.file=/etc/alertmanager/web.yml'],
    ] as const)
      expect(tls[name].command).toEqual([...services[name].command, flag]);
    const both = yaml('docker-compose.kafka-tls.yml').services.prometheus.command;
    expect(both).toEqual([...tls.prometheus.command, '--web.enable-remote-write-receiver']);
  });

  it('has each job of Prometheus scrape over TLS, or says why not', () => {
    const jobs = yaml('prometheus-tls.yml').scrape_configs as { job_name: string; scheme?: string }[];
    expect(jobs.filter(({ scheme }) => scheme === 'https').map(({ job_name }) => job_name)).toEqual([...JOBS_OVER_TLS]);
    expect(jobs.filter(({ scheme }) => scheme !== 'https').map(({ job_name }) => job_name)).toEqual([
      ...['collector', 'worker', 'jaeger'], // the exporter of their own metrics has no TLS
      ...['loki', 'log-shipper', 'grafana'], // not part of the overlay
    ]);
  });
});

describe('docker-compose.kafka-tls.yml', () => {
  const { services } = yaml('docker-compose.kafka-tls.yml');
  const kafka = yaml('kafka-tls.yml');

  it('has every way to Kafka and from it show a certificate', () => {
    const mutual = { ca_file: expect.any(String), cert_file: expect.any(String), key_file: expect.any(String) };
    expect(Object.keys(kafka.receivers)).toEqual(Object.keys(yaml('kafka-worker.yml').receivers));
    for (const { tls } of [...Object.values<{ tls: object }>(kafka.receivers), kafka.exporters.kafka])
      expect(tls).toMatchObject({ ...mutual, min_version: '1.3' });
    for (const name of ['collector', 'worker'])
      expect(services[name].command, name).toContain('--config=/etc/otelcol-contrib/kafka-tls.yaml');
  });

  it('has Kafka take no client without a certificate', () => {
    const properties = read('kafka-tls.properties');
    expect(properties).toMatch(/^listener\.security\.protocol\.map=CLIENT:SASL_SSL,/m);
    expect(properties).toMatch(/^listener\.name\.client\.ssl\.client\.auth=required$/m);
    for (const name of ['kafka', 'topics'])
      expect(services[name].volumes, name).toContain('./kafka-tls.properties:/etc/sightline/tls.properties:ro');
  });
});

describe('prometheus.yml', () => {
  it('scrapes each service under its name', () => {
    const { static_configs } = yaml('prometheus.yml').scrape_configs.find(
      ({ job_name }: { job_name: string }) => job_name === 'shop',
    );
    expect(static_configs).toEqual(
      SERVICES.map((service) => ({ targets: [`${service}:9464`], labels: { service_name: service } })),
    );
  });
});

describe('the rules', () => {
  const { services } = yaml('docker-compose.yml');
  const prometheus = yaml('prometheus.yml');

  it('are tested at the interval at which they are evaluated', () => {
    expect(prometheus.global.evaluation_interval).toBe(EVALUATION_INTERVAL);
  });

  it('know how much memory each component may have', () => {
    for (const { job, limit } of MEMORY)
      for (const name of job === 'shop' ? SERVICES : [job]) expect(services[name].mem_limit, name).toBe(`${limit}m`);
  });

  it('are mounted where prometheus.yml reads them, the bands for one of the windows', () => {
    const mounted = services.prometheus.volumes.flatMap(
      (volume: string) => /^\.\/(\S+):\/etc\/prometheus\/(rules\/\S+):ro$/.exec(volume)?.[2] ?? [],
    );
    expect(prometheus.rule_files.sort()).toEqual(mounted.sort());
    const generated = [...ruleFiles({ grafana: '', jaeger: '', live: '' }).keys()].map(
      (name) => `rules/${name.replace(/\.\w+\.yml$/, '.yml')}`,
    );
    expect([...new Set(generated)].sort()).toEqual(mounted.sort());
  });

  it('hold no promise for longer than Prometheus keeps its data', () => {
    expect(Number.parseInt(prometheus.storage.tsdb.retention.time, 10)).toBeGreaterThan(PERIOD_DAYS);
  });
});

describe('promtail-config.yml', () => {
  it('reads fields that the logger writes, into the labels and metadata of signals.ts', () => {
    const [{ pipeline_stages: stages }] = yaml('promtail-config.yml').scrape_configs;
    const stage = (name: string) => stages.find((one: object) => name in one)[name];
    for (const field of Object.values<string>(stage('json').expressions)) expect(LOG_FIELDS).toContain(field);
    expect(Object.keys(stage('labels'))).toEqual([...LOG_LABELS]);
    expect(Object.keys(stage('structured_metadata'))).toEqual([TRACE_ID, SPAN_ID]);
  });
});

describe('jaeger-config.yml', () => {
  it('reads the span metrics under the names that the collector gives them', () => {
    const { prometheus } = yaml('jaeger-config.yml').extensions.jaeger_storage.metric_backends.prometheus;
    expect(`${prometheus.metric_namespace}_calls_total`).toBe(SPAN_METRICS.calls);
    expect(prometheus.latency_unit).toBe('s');
  });
});
