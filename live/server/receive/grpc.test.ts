import { connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { type Client, credentials, Metadata, makeGenericClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call as callGrpc, framed, GRPC_PATHS } from '../testing/grpc-client.ts';
import { logs, metrics, newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

type Export = (request: Buffer, metadata: Metadata, done: (error: ServiceError | null, response?: Buffer) => void) => void;

describe('OTLP over gRPC', () => {
  let live: Running;
  let client: Client & Record<keyof typeof GRPC_PATHS, Export>;

  beforeAll(async () => {
    live = await run({ keys: 'app secret-of-app,slow secret-of-slow 2000' });
    const same = (bytes: Buffer): Buffer => bytes;
    const method = (path: string): object => ({
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    });
    const definition = Object.fromEntries(Object.entries(GRPC_PATHS).map(([name, path]) => [name, method(path)]));
    const Constructor = makeGenericClientConstructor(definition as never, 'otlp');
    const options = { 'grpc.max_send_message_length': -1 };
    client = new Constructor(
      live.otlp.grpc.replace('http://', ''),
      credentials.createInsecure(),
      options,
    ) as unknown as typeof client;
  });
  afterAll(async () => {
    client.close();
    await live.close();
  });

  const send = (signal: keyof typeof GRPC_PATHS, bytes: Buffer, token = 'secret-of-app'): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const metadata = new Metadata();
      if (token !== '') metadata.set('authorization', `Bearer ${token}`);
      client[signal](bytes, metadata, (error, response) => (error ? reject(error) : resolve(response ?? Buffer.alloc(0))));
    });
  const refusal = (sent: Promise<Buffer>): Promise<ServiceError> =>
    sent.then(
      () => expect.unreachable('it was taken'),
      (error: ServiceError) => error,
    );

  it('takes all three signals', async () => {
    const trace = newId(32);
    const gauge = { name: 'queue.size', gauge: { dataPoints: [{ timeUnixNano: '1', asDouble: 3 }] } };
    expect(await send('traces', traces('grpc', [{ trace }]))).toHaveLength(0);
    expect(await send('logs', logs('grpc', [{ trace, body: 'by grpc' }]))).toHaveLength(0);
    expect(await send('metrics', metrics('grpc', [gauge]))).toHaveLength(0);
    expect((await live.get(`/api/traces/${trace}`)).status).toBe(200);
    expect((await live.json<{ logs: { body: string }[] }>(`/api/logs?traceId=${trace}`)).logs[0]?.body).toBe('by grpc');
    expect((await live.get('/api/metrics/queue.size')).status).toBe(200);
  });

  it('says in partial_success what it left out', async () => {
    const response = await send('traces', traces('grpc', [{}, { id: '0'.repeat(16) }]));
    expect(response.subarray(2, 4)).toEqual(Buffer.from([0x08, 0x01]));
  });

  it('refuses bytes that are no request with INVALID_ARGUMENT, and goes on', async () => {
    const error = await refusal(send('traces', Buffer.from([0x0a, 0x7f, 1])));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toContain('malformed request');
    expect(await send('traces', traces('grpc', [{}]))).toHaveLength(0);
  });

  it('refuses a missing and a wrong key with UNAUTHENTICATED', async () => {
    expect((await refusal(send('traces', Buffer.alloc(0), ''))).code).toBe(status.UNAUTHENTICATED);
    expect((await refusal(send('logs', Buffer.alloc(0), 'wrong-key'))).code).toBe(status.UNAUTHENTICATED);
  });

  it('slows a key that sends too much with RESOURCE_EXHAUSTED and a RetryInfo', async () => {
    const batch = traces(
      'slow',
      Array.from({ length: 100 }, () => ({})),
    );
    await send('traces', batch, 'secret-of-slow');
    const error = await refusal(send('traces', batch, 'secret-of-slow'));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(String(error.metadata.get('grpc-status-details-bin')[0])).toContain('google.rpc.RetryInfo');
  });

  const call = (path: string, body: Buffer, more: Record<string, string> = {}): Promise<Answer> =>
    callGrpc(live.otlp.grpc, path, body, { authorization: 'Bearer secret-of-app', ...more });

  it('takes gzip, and refuses what is none, what it does not know, and what unpacks to too much', async () => {
    const send = (message: Buffer, encoding: string): ReturnType<typeof call> =>
      call(GRPC_PATHS.traces, framed(message, 1), { 'grpc-encoding': encoding });
    expect(await send(gzipSync(traces('zipped', [{}])), 'gzip')).toMatchObject({ http: 200, status: '0' });
    expect(await send(Buffer.from('no gzip'), 'gzip')).toMatchObject({ http: 200, status: String(status.INVALID_ARGUMENT) });
    expect(await send(Buffer.from('?'), 'snappy')).toMatchObject({ status: String(status.UNIMPLEMENTED) });
    expect(await send(gzipSync(Buffer.alloc(65 * 2 ** 20)), 'gzip')).toMatchObject({ status: String(status.RESOURCE_EXHAUSTED) });
  });

  it('refuses frames that are none, unknown methods and other content, and goes on', async () => {
    const bad = [
      Buffer.alloc(0),
      Buffer.from([0, 0]),
      Buffer.from([0, 0, 0, 0, 9, 1]),
      Buffer.concat([framed(Buffer.alloc(0)), Buffer.from([1])]),
    ];
    for (const body of bad) {
      expect(await call(GRPC_PATHS.logs, body)).toMatchObject({
        status: String(status.INVALID_ARGUMENT),
        message: expect.stringContaining('whole gRPC message'),
      });
    }
    expect(await call('/none.Service/Export', framed(Buffer.alloc(0)))).toMatchObject({ status: String(status.UNIMPLEMENTED) });
    expect(await call(GRPC_PATHS.logs, Buffer.alloc(0), { 'content-type': 'text/html' })).toMatchObject({ http: 415 });
    expect(await call(GRPC_PATHS.logs, framed(Buffer.alloc(0)))).toMatchObject({ http: 200, status: '0' });
  });

  it('outlives a client that hangs up in the middle of a message', async () => {
    const session = connect(live.otlp.grpc);
    const headers = {
      ':method': 'POST',
      ':path': GRPC_PATHS.traces,
      'content-type': 'application/grpc',
      authorization: 'Bearer secret-of-app',
    };
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    session.on('error', () => undefined);
    stream.write(framed(Buffer.alloc(100_000)).subarray(0, 50_000));
    await new Promise((resolve) => setImmediate(resolve));
    session.destroy();
    expect(await send('traces', traces('after', [{}]))).toHaveLength(0);
  });

  it('refuses a message of more than 64 MiB', async () => {
    const error = await refusal(send('traces', Buffer.alloc(65 * 2 ** 20)));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
  });
});
