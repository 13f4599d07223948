import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { pushMetrics } from '../telemetry/push-metrics.ts';
import type { Service } from '../telemetry/signals.ts';
import { spanMetrics } from '../telemetry/span-counts.ts';
import { readConfig } from './config.ts';
import { Faults } from './faults.ts';
import { inventory } from './inventory.ts';
import { orders } from './orders.ts';
import { payments } from './payments.ts';
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
  const shop = { service: config.ROLE, config, metrics, logger, faults: new Faults() };
  const { port, internalPort, stop } = await serve(shop, ROLES[config.ROLE](shop));
  // Prometheus scrapes; the live view, which scrapes nobody, is sent them.
  if (config.METRICS_TRANSPORT === 'otlp') pushMetrics([metrics.registry, spanMetrics], process.env);
  process.send?.({ port, internalPort });
  let stopping = false;
  const end = async () => {
    if (stopping) return;
    stopping = true;
    await stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
} catch (error) {
  process.stderr.write(`shop: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
