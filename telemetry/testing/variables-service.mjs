// A foreign service that makes, for each request, what the SDK's limits, queues and exporters bear on; the path names the first of its spans.
import { createServer } from 'node:http';
import { metrics, trace } from '@opentelemetry/api';
import pino from 'pino';

const logger = pino();
const tracer = trace.getTracer('test');
const counter = metrics.getMeter('test').createCounter('things');
const pair = { first: 'ten letters', second: 'ten letters' };
const link = () => ({ context: { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }, attributes: pair });
const server = createServer((request, response) => {
  const spans = [request.url.slice(1), 'second', 'third', 'fourth', 'fifth'].map((name) =>
    tracer.startSpan(name, { attributes: pair, links: [link(), link()] }),
  );
  for (const span of spans) span.addEvent('one', pair).addEvent('two').end();
  logger.info('worked');
  counter.add(1);
  response.end();
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
