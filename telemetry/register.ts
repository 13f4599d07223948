/**
 * The preload: `node --import sightline/register server.js` instruments an ESM or CommonJS service, as the OTEL_* variables say: the SDK reads them all. What is
 * set here is what differs from its defaults, and each can be set otherwise (docs/add-a-service.md has the table).
 */
import * as module from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { createAddHookMessageChannel } from 'import-in-the-middle';
import { register as registerSyncHooks, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';
import { flushTelemetry } from './flush.ts';
import { otlpToken } from './otlp.ts';

/** How long a process may take to send its last spans after a signal, in milliseconds. */
const FLUSH_MILLISECONDS = 1200;

// A worker thread (of pino, say) inherits the preload; only the main thread serves requests.
if (isMainThread) {
  const { env } = process;
  setDefaults(env);
  // Before the hooks: the SDK's own modules need no interception.
  const { startSdk } = await import('./sdk.ts');
  const acknowledged = addHooks();
  try {
    startSdk(env);
  } catch (error) {
    process.stderr.write(`telemetry: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
  await acknowledged();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => flushOn(signal));
  process.once('beforeExit', () => flushTelemetry(FLUSH_MILLISECONDS));
}

/** An empty variable is one that is not set, as the specification has it. */
function setDefaults(env: NodeJS.ProcessEnv): void {
  env.OTEL_NODE_ENABLED_INSTRUMENTATIONS ||= 'http,express,pg,undici,pino';
  env.OTEL_EXPORTER_OTLP_PROTOCOL ||= 'http/json';
  // A span is at its store within a second, and a burst of requests fits the queue.
  env.OTEL_BSP_SCHEDULE_DELAY ||= '200';
  env.OTEL_BSP_MAX_QUEUE_SIZE ||= '8192';
  env.OTEL_BLRP_SCHEDULE_DELAY ||= '200';
  // Metrics are scraped and log files shipped: as OTLP they would come twice.
  env.OTEL_METRICS_EXPORTER ||= 'none';
  env.OTEL_LOGS_EXPORTER ||= 'none';
  env.OTEL_NODE_RESOURCE_DETECTORS ||= 'env';
  // What the SDK counts of itself: spans lost, the queue.
  env.OTEL_NODE_EXPERIMENTAL_SDK_METRICS ||= 'true';
  const { authorization } = otlpToken(env);
  if (authorization) {
    const headers = [env.OTEL_EXPORTER_OTLP_HEADERS, `authorization=${encodeURIComponent(authorization)}`];
    env.OTEL_EXPORTER_OTLP_HEADERS = headers.filter(Boolean).join(',');
  }
}

/** Synchronous hooks where Node has them in working order, else the loader thread; returns what to await before the service may start. */
function addHooks(): () => Promise<void> {
  if (supportsSyncHooks()) {
    registerSyncHooks({});
    return async () => {};
  }
  const { registerOptions, waitForAllMessagesAcknowledged } = createAddHookMessageChannel();
  module.register('import-in-the-middle/hook.mjs', import.meta.url, registerOptions as never);
  return waitForAllMessagesAcknowledged;
}

/** A service with a handler of its own decides when to exit; one without is ended as it would be without us, after the flush. */
async function flushOn(signal: NodeJS.Signals) {
  const own = process.listenerCount(signal) > 0;
  await flushTelemetry(FLUSH_MILLISECONDS);
  if (!own) process.kill(process.pid, signal);
}
