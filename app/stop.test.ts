import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../telemetry/testing/wait.ts';
import { sample, startTestShop, type TestShop } from './testing/shop.ts';

let test: TestShop;
beforeAll(async () => {
  test = await startTestShop();
});
afterAll(() => test?.stop());

it('SIGTERM lets the request in flight finish, sends its span, and exits with 0', async () => {
  await test.fault('inventory', 'slow-query', true);
  const answer = test.get('/api/products?search=lamp');
  await eventually('the request is in flight', async () =>
    /^http_server_active_requests\{http_request_method="GET"\} 1$/m.test(await test.metrics('inventory')),
  );
  expect(await test.shop.kill('inventory', 'SIGTERM')).toBe(0);
  const { status, traceId } = await answer;
  expect(status).toBe(200);
  const services = () => test.receiver.of(traceId).map(({ resource }) => resource['service.name']);
  await eventually('its span', () => services().includes('inventory'));
});

it('SIGTERM ends within two seconds, also while a request hangs and the collector does not answer', async () => {
  await test.shop.start('inventory');
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
