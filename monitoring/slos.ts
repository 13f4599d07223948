import type { DurationBound, Service } from '../telemetry/signals.ts';

/**
 * What is promised, over 30 days. `promise` says it in words; the rest is the same for a program: of the events that `of` counts, `objective`
 * percent are good. What may be bad is the error budget: an alert fires when it is used up too fast (rules/burn.ts). To add a promise, add a
 * row and the runbook docs/runbooks/<alert>.md.
 */
export const SLOS = {
  'checkout-availability': {
    promise: 'Of 1,000 checkouts, 999 are answered without a fault of ours.',
    because: 'A failed checkout is an order lost. A declined card or an empty shelf is an answer, not a fault.',
    objective: 99.9,
    of: { good: 'no fault', service: 'storefront', method: 'POST', routes: ['/api/checkout'] },
    alert: 'CheckoutFailing',
  },
  'checkout-latency': {
    promise: 'Of 100 checkouts that are answered, 95 are answered within half a second.',
    because: 'Longer, and people press the button again.',
    objective: 95,
    of: { good: 'in time', within: 0.5, service: 'storefront', method: 'POST', routes: ['/api/checkout'] },
    alert: 'CheckoutSlow',
  },
  'browsing-availability': {
    promise: 'Of 1,000 looks at the shop (page, search, product, order), 995 are answered without a fault of ours.',
    because: 'Who looks around tries again; a fifth of the strictness costs no order.',
    objective: 99.5,
    of: {
      good: 'no fault',
      service: 'storefront',
      method: 'GET',
      routes: ['/', '/api/products', '/api/products/:id', '/api/orders/:id'],
    },
    alert: 'BrowsingFailing',
  },
  'browsing-latency': {
    promise: 'Of 100 looks at the shop that are answered, 95 are answered within a quarter of a second.',
    because: 'A list that appears at once is leafed through; one that does not is left.',
    objective: 95,
    of: {
      good: 'in time',
      within: 0.25,
      service: 'storefront',
      method: 'GET',
      routes: ['/', '/api/products', '/api/products/:id', '/api/orders/:id'],
    },
    alert: 'BrowsingSlow',
  },
  freshness: {
    promise:
      'Of 100 requests of the prober, 99 can be found within ten seconds: the trace in Jaeger, the line in Loki, the sample in Prometheus.',
    because:
      'Who looks for the cause of an outage must not look at the past, and everything else here is seen through these three.',
    objective: 99,
    of: { good: 'queryable', within: 10 },
    alert: 'TelemetryLate',
  },
} as const satisfies Record<string, Slo>;

/** The days of a promise. */
export const PERIOD_DAYS = 30;

export interface Slo {
  /** The objective as one would tell a customer. */
  promise: string;
  /** Why it is this much and no more. */
  because: string;
  /** Percent of the events that are good. */
  objective: number;
  /** What is counted, and what of it is good. */
  of: Requests | TimelyRequests | Freshness;
  /** Name of the alert on its error budget, in two severities. */
  alert: string;
}

/** Requests to a service; good is an answer with a status below 500. */
interface Requests {
  good: 'no fault';
  service: Service;
  method: 'GET' | 'POST';
  /** The value of the label `http_route`. */
  routes: readonly string[];
}

/** Requests to a service that are answered without a fault; good is an answer within so many seconds. */
interface TimelyRequests extends Omit<Requests, 'good'> {
  good: 'in time';
  within: DurationBound;
}

/** The prober's markers, one for each signal; good is one that its store answers with within so many seconds. */
interface Freshness {
  good: 'queryable';
  within: DurationBound;
}
