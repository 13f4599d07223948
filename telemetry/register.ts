/**
 * The preload: `node --import sightline/register server.js` instruments an ESM or CommonJS service, as the OTEL_* variables say: the SDK reads them all. What is
 * set here is what differs from its defaults, and each can be set otherwise (docs/add-a-service.md has the table).
 */
import * as module from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { createAddHookMessageChannel } from 'import-in-the-middle';
import { register as registerSyncHooks, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';
import { flushTelemetry } from './flush.ts';

/** How long a process may take to send its last spans after a signal, in milliseconds. */
const FLUSH_MILLISECONDS = 1200;

// A worker thread (of pino, say) inherits the preload; only the main thread serves requests.
if (isMainThread) {
  // Before the hooks: the SDK's own modules need no interception.
  const { startSdk } = await import('./sdk.ts');
  const hooked = addHooks();
  try {
    startSdk(process.env);
  } catch (error) {
    process.stderr.write(`telemetry: ${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
  await hooked();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => flushOn(signal));
  process.once('beforeExit', () => flushTelemetry(FLUSH_MILLISECONDS));
}

/** Synchronous hooks where Node has them in working order, else the loader thread; returns what to await before the service may start. */
function addHooks(): () => Promise<void> | void {
  if (supportsSyncHooks()) return () => registerSyncHooks({});
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
