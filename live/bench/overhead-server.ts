/**
 * The server under test: hello world, and a route with a parameter, JSON in and out. PARTS names what is switched on beside the preload, which the command
 * line brings: `metrics` (histogram with exemplars), `logs` (one line per request, to a file). Any message is answered with the processor time used so far.
 */
import { openSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { trace } from '@opentelemetry/api';
import express from 'express';
import pino from 'pino';
import { createMetrics, observe } from '../../telemetry/metrics.ts';
import { redact } from '../../telemetry/redact.ts';
import { LABELS } from '../../telemetry/signals.ts';

const parts = new Set((process.env.PARTS ?? '').split(','));
const app = express().disable('x-powered-by');
if (parts.has('metrics')) {
  const metrics = createMetrics();
  app.use((request, response, next) => {
    const started = performance.now();
    const span = trace.getActiveSpan();
    response.once('close', () => {
      const labels = {
        [LABELS.method]: request.method,
        [LABELS.route]: request.route.path,
        [LABELS.status]: response.statusCode,
      };
      observe(metrics.requestDuration, labels, (performance.now() - started) / 1000, span);
    });
    next();
  });
}
if (parts.has('logs')) {
  const logger = pino({ hooks: { streamWrite: redact } }, pino.destination({ fd: openSync(devNull, 'w'), sync: false }));
  app.use((request, response, next) => {
    response.once('close', () => logger.info({ method: request.method, status: response.statusCode }, 'request'));
    next();
  });
}
app.get('/', (_request, response) => void response.send('hello world'));
app.get('/products/:id', (request, response) => {
  const products = Array.from({ length: 12 }, (_, i) => ({
    id: Number(request.params.id) + i,
    name: `Product ${i}`,
    priceCents: 100 * i,
    description: 'Made by hand, checked twice.',
  }));
  response.json({ products, page: 1, total: products.length });
});
process.on('message', () => process.send?.(process.cpuUsage()));
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
