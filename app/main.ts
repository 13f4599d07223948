import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { resource } from '../telemetry/resource.ts';
import { LABELS, type Service } from '../telemetry/signals.ts';
import { spanMetrics } from '../telemetry/span-counts.ts';
import { readConfig } from './config.ts';
import { badUntil, NEXT_RELEASE, noteRelease } from './deploy.ts';
import { FAULT_MINUTES, Faults } from './fault-switch.ts';
import { inventory } from './inventory.ts';
import { orders } from './orders.ts';
import { payments } from './payments.ts';
import { pushMetrics } from './push-metrics.ts';
import { type Role, type Shop, serve } from './server.ts';
import { storefront } from './storefront.ts';

/** One entry for the four services: ROLE picks. A parent process is told the ports once they are bound. */
const ROLES: Record<Service, (shop: Shop) => Role> = { storefront, orders, inventory, payments };

try {
  const config = readConfig(process.env);
  const metrics = createMetrics();
  const lokiUrl = config.LOG_TRANSPORT === 'loki' ? config.LOKI_URL : undefined;
  const logger = await createLogger({
    service: config.ROLE,
    directory: config.LOG_DIR,
    lokiUrl,
    lines: metrics.logLines,
    level: config.LOG_LEVEL,
  });
  metrics.targetInfo.set({ [LABELS.version]: String(resource().attributes['service.version']) }, 1);
  const bad = badUntil(process.env);
  const faults = new Faults((name, on) => {
    if (name === 'bad-deploy' && on !== (bad !== undefined)) deploy(on ? Date.now() + FAULT_MINUTES * 60_000 : undefined);
    metrics.faultActive.set({ [LABELS.fault]: name }, Number(on));
    logger.warn(`fault ${name} is ${on ? 'on' : 'off'}`);
  });
  for (const fault of Object.keys(faults.list(config.ROLE))) metrics.faultActive.set({ [LABELS.fault]: fault }, 0);
  if (bad) faults.set('bad-deploy', true, bad - Date.now());
  const shop = { service: config.ROLE, config, metrics, logger, faults };
  const { port, internalPort, stop } = await serve(shop, ROLES[config.ROLE](shop));
  // Prometheus scrapes; the live view, which scrapes nobody, is sent them.
  if (config.METRICS_TRANSPORT === 'otlp') pushMetrics([metrics.registry, spanMetrics], process.env);
  process.send?.({ port, internalPort });
  let stopping = false;
  /** Ends this release; whoever started it starts the next. */
  function deploy(badUntil?: number) {
    noteRelease(process.env, badUntil);
    setImmediate(() => end(NEXT_RELEASE));
  }
  const end = async (code: number) => {
    if (stopping) return;
    stopping = true;
    faults.close();
    await stop();
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (bad) noteRelease(process.env);
      void end(0);
    });
} catch (error) {
  process.stderr.write(`shop: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
