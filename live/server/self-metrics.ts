/** The live view's own metrics for Prometheus, in a registry of its own. */
import { Gauge, Registry } from 'prom-client';
import { SIGNALS } from './ledger.ts';
import type { Live } from './live.ts';
import type { Vitals } from './vitals.ts';

/** Counts are read from the ledger when they are asked for: there is one truth, and nothing is counted twice. */
export function selfMetrics(live: Live, vitals: Vitals): Registry {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void => {
    new Gauge({
      name: `sightline_live_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  };
  gauge('items', 'Spans, points and log records: received = held + evicted + rejected', ['signal', 'key', 'state'], (items) => {
    for (const signal of SIGNALS) {
      for (const { key, received, held, evicted, rejected } of live.ledger.keys(signal)) {
        for (const [state, count] of Object.entries({ received, held, evicted, rejected }))
          items.set({ signal, key, state }, count);
      }
    }
  });
  gauge('requests', 'OTLP requests by outcome', ['signal', 'transport', 'key', 'outcome'], (requests) => {
    for (const { signal, transport, key, accepted, refused } of live.ledger.allRequests()) {
      for (const [outcome, count] of Object.entries({ accepted, ...refused })) {
        requests.set({ signal, transport, key: key ?? '', outcome }, count);
      }
    }
  });
  gauge('store_bytes', 'Bytes that the rings hold', ['signal'], (bytes) => {
    for (const signal of SIGNALS) bytes.set({ signal }, live[signal].bytes);
  });
  gauge('store_cap_bytes', 'Bytes that the rings may hold', ['signal'], (bytes) => {
    for (const signal of SIGNALS) bytes.set({ signal }, live[signal].capBytes);
  });
  gauge('derived_bytes', 'Bytes of rates, sketches and the service graph', [], (bytes) => bytes.set(live.derived.bytes));
  gauge('spans_too_old', 'Spans that ended too long ago to count in rates', [], (spans) => spans.set(live.derived.tooOld));
  gauge('event_loop_lag_seconds', 'Event loop lag over the last 10 s', ['quantile'], (lag) => {
    const { p50Ms, p99Ms, maxMs } = vitals.lagQuantiles();
    for (const [quantile, ms] of Object.entries({ 0.5: p50Ms, 0.99: p99Ms, 1: maxMs })) lag.set({ quantile }, ms / 1000);
  });
  gauge('frame_seconds', 'What making a frame took over the last 10 s', ['quantile'], (frames) => {
    const { p50Ms, p99Ms, maxMs } = vitals.frameQuantiles();
    for (const [quantile, ms] of Object.entries({ 0.5: p50Ms, 0.99: p99Ms, 1: maxMs })) frames.set({ quantile }, ms / 1000);
  });
  gauge('stream_clients', 'WebSocket clients', [], (clients) => clients.set(vitals.clients));
  gauge('frames', 'Frames sent, and left out for clients that were slow', ['outcome'], (frames) => {
    frames.set({ outcome: 'sent' }, vitals.framesSent);
    frames.set({ outcome: 'skipped' }, vitals.framesSkipped);
  });
  gauge('resident_memory_bytes', 'Resident set size', [], (bytes) => bytes.set(process.memoryUsage.rss()));
  return registry;
}
