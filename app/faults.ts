import type { Service } from '../telemetry/signals.ts';

/** A fault that can be switched on in a running shop, to see what telemetry shows of it. */
interface Fault {
  /** The service it acts in. */
  service: Service;
  /** What it does there. */
  acts: string;
  /** What one should see. */
  see: string;
}

/** To add one: a row here, and `faults.on('name')` at the place where it acts. */
export const FAULTS = {
  'payment-errors': {
    service: 'payments',
    acts: 'POST /charges answers 502 for every second order, whatever the number of attempts',
    see: 'error ratio of payments, orders and storefront; failed traces whose deepest red span is in payments; orders pending, then cancelled',
  },
  'payment-latency': {
    service: 'payments',
    acts: 'POST /charges takes 1.5 s longer',
    see: 'p95 and p99 of POST /api/checkout above 1.5 s; in its trace, self time in payments and none in its SQL',
  },
  'slow-query': {
    service: 'inventory',
    acts: 'the product search ranks every product by a hash computed 150 times, instead of by name',
    see: 'p95 of GET /api/products up; in its trace one long SQL span of inventory; CPU of postgres',
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** Which faults are on in this process; all are off at start. */
export class Faults {
  #on = new Set<FaultName>();

  on(name: FaultName): boolean {
    return this.#on.has(name);
  }

  set(name: FaultName, on: boolean): void {
    if (on) this.#on.add(name);
    else this.#on.delete(name);
  }

  /** Every fault of `service` and whether it is on. */
  list(service: Service): Record<string, boolean> {
    const own = Object.keys(FAULTS).filter((name) => isFault(name) && FAULTS[name].service === service);
    return Object.fromEntries(own.map((name) => [name, isFault(name) && this.on(name)]));
  }
}
