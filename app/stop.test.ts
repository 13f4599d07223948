import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../telemetry/testing/wait.ts';
import { CHECKOUT, sample, startTestShop, type TestShop } from './testing/shop.ts';

let test: TestShop;
beforeAll(async () => {
  test = await startTestShop();
});
afterAll(() => test?.stop());

it('SIGTERM lets the request in flight finish, sends its span, and exits with 0', async () => {
  // Its body comes in two parts, so that it is in flight for as long as this test wants.
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const body = writable.getWriter();
  const bytes = Buffer.from(JSON.stringify(CHECKOUT));
  const answer = fetch(`http://127.0.0.1:${test.shop.ports.storefront.port}/api/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: readable,
    duplex: 'half',
  } as RequestInit);
  await body.write(bytes.subarray(0, 10));
  await eventually('the request is in flight', async () =>
    /^http_server_active_requests\{http_request_method="POST"\} 1$/m.test(await test.metrics('storefront')),
  );
  const exited = test.shop.kill('storefront', 'SIGTERM');
  await body.write(bytes.subarray(10));
  await body.close();
  const { status, headers } = await answer;
  expect(status).toBe(201);
  expect(await exited).toBe(0);
  const traceId = headers.get('traceresponse')?.split('-')[1] ?? '';
  const services = () => test.receiver.of(traceId).map(({ resource }) => resource['service.name']);
  await eventually('its span', () => services().includes('storefront'));
  await test.shop.start('storefront');
});

it('SIGTERM ends within two seconds, also while a request hangs and the collector does not answer', async () => {
  test.receiver.answer('hang');
  await test.fault('payments', 'payment-latency', true);
  const answer = test.checkout().catch(() => 'cut off');
  await eventually('the charge is under way', async () =>
    /^http_server_active_requests\{http_request_method="POST"\} 1$/m.test(await test.metrics('payments')),
  );
  // The bound is what is promised, so here a time is the behaviour.
  const late = new Promise((resolve) => setTimeout(resolve, 2000, 'still running'));
  expect(await Promise.race([test.shop.kill('payments', 'SIGTERM'), late])).toBe(0);
  await test.shop.start('payments');
  await answer;
});

it('spans that a collector refuses are counted by the reason, and cost no request', async () => {
  test.receiver.answer(400);
  const lost = async () =>
    sample(await test.metrics('storefront'), 'otel_sdk_processor_span_processed_total', 'error_type="OTLPExporterError"') ?? 0;
  const before = await lost();
  expect((await test.get('/api/products/1')).status).toBe(200);
  await eventually('the loss is counted', async () => (await lost()) > before);
});
