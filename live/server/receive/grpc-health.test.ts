import {
  type Client,
  type ClientReadableStream,
  credentials,
  makeClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, framed } from '../testing/grpc-client.ts';
import { until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

interface Health {
  status: string;
}
type HealthClient = Client & {
  Check(request: { service: string }, done: (error: ServiceError | null, response?: Health) => void): void;
  Watch(request: { service: string }): ClientReadableStream<Health>;
};

const TRACES = 'opentelemetry.proto.collector.trace.v1.TraceService';

describe('grpc.health.v1.Health, asked without a key', () => {
  let live: Running;
  let client: HealthClient;

  beforeEach(async () => {
    live = await run({ limits: { noKeyMs: 300 } });
    const Constructor = makeClientConstructor(service, 'Health');
    client = new Constructor(live.otlp.grpc.replace('http://', ''), credentials.createInsecure()) as unknown as HealthClient;
  });
  afterEach(async () => {
    client.close();
    await live.close();
  });

  const check = (name: string): Promise<Health | undefined> =>
    new Promise((resolve, reject) =>
      client.Check({ service: name }, (error, response) => (error ? reject(error) : resolve(response))),
    );

  it('says that the server and each of its services serve', async () => {
    expect(await check('')).toEqual({ status: 'SERVING' });
    expect(await check(TRACES)).toEqual({ status: 'SERVING' });
    expect(await check('opentelemetry.proto.collector.logs.v1.LogsService')).toEqual({ status: 'SERVING' });
  });

  it('knows no other service', async () => {
    await expect(check('café 100 %')).rejects.toMatchObject({ details: expect.stringContaining('no service café 100 %: ') });
    const error = await check('shop.Checkout').then(
      () => expect.unreachable('it is known'),
      (refused: ServiceError) => refused,
    );
    expect(error.code).toBe(status.NOT_FOUND);
    expect(error.details).toContain(`no service shop.Checkout: this server has ${TRACES}, `);
  });

  it('tells a watch at once and keeps it, longer than a connection without a key may stay otherwise', async () => {
    const heard: string[] = [];
    let ended = false;
    const watch = client.Watch({ service: TRACES });
    const unknown = client.Watch({ service: 'shop.Checkout' });
    watch.on('data', (one: Health) => heard.push(one.status)).on('error', () => (ended = true));
    unknown.on('data', (one: Health) => heard.push(one.status)).on('error', () => undefined);
    await until(() => heard.length === 2, 'both answers');
    expect(heard.sort()).toEqual(['SERVICE_UNKNOWN', 'SERVING']);
    const quiet = await fetch(live.otlp.http);
    expect(quiet.status).toBe(404);
    // Three times as long as the limit, and as the sweep that applies it takes.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(ended).toBe(false);
    watch.cancel();
    unknown.cancel();
  });

  it('may have some calls at once, of small messages', async () => {
    const watches = Array.from({ length: 8 }, () => client.Watch({ service: '' }).on('error', () => undefined));
    await Promise.all(watches.map((watch) => new Promise((resolve) => watch.once('data', resolve))));
    await expect(check('')).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    for (const watch of watches) watch.cancel();
    await until(
      () =>
        check('').then(
          () => true,
          () => false,
        ),
      'room again',
    );
    const large = await call(live.otlp.grpc, '/grpc.health.v1.Health/Check', framed(Buffer.alloc(5000)));
    expect(large).toMatchObject({ status: String(status.RESOURCE_EXHAUSTED), message: expect.stringContaining('4096 bytes') });
  });
});
