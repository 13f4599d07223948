/** The live view's own metrics for Prometheus, in a registry of its own. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Live } from '../receive/live.ts';
import { SIGNALS } from '../store/ledger.ts';
import type { Vitals } from '../stream/vitals.ts';

/** Sets one sample. */
type Set = (labels: Record<string, string>, value: number) => void;

/** Values are read from where they are kept when they are asked for: there is one truth, and nothing is counted twice. */
export function selfMetrics(live: Live, vitals: Vitals): Registry {
  const registry = new Registry();
  const common = (name: string, help: string, labelNames: string[]) => ({
    name: `sightline_live_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  const gauge = (name: string, help: string, labelNames: string[], collect: (set: Set) => void): void => {
    new Gauge({
      ...common(name, help, labelNames),
      collect() {
        this.reset();
        collect((labels, value) => this.set(labels, value));
      },
    });
  };
  const counter = (name: string, help: string, labelNames: string[], collect: (set: Set) => void): void => {
    new Counter({
      ...common(`${name}_total`, help, labelNames),
      collect() {
        this.reset();
        collect((labels, value) => this.inc(labels, value));
      },
    });
  };
  const perKey = (state: 'received' | 'held' | 'evicted' | 'rejected' | 'duplicate') => (set: Set) => {
    for (const signal of SIGNALS) for (const row of live.ledger.keys(signal)) set({ signal, key: row.key }, row[state]);
  };
  const quantiles = (of: () => { p50Ms: number; p99Ms: number; maxMs: number }) => (set: Set) => {
    const { p50Ms, p99Ms, maxMs } = of();
    for (const [quantile, ms] of Object.entries({ 0.5: p50Ms, 0.99: p99Ms, 1: maxMs })) set({ quantile }, ms / 1000);
  };

  const items = 'Spans, points and log records';
  counter('items_received', `${items} that came: held + evicted + rejected + duplicate`, ['signal', 'key'], perKey('received'));
  gauge('items_held', `${items} that are held`, ['signal', 'key'], perKey('held'));
  counter('items_evicted', `${items} that gave way to newer ones`, ['signal', 'key'], perKey('evicted'));
  counter('items_rejected', `${items} that were left out`, ['signal', 'key'], perKey('rejected'));
  counter('items_duplicate', `${items} that had come before`, ['signal', 'key'], perKey('duplicate'));
  counter('requests', 'OTLP requests by outcome', ['signal', 'transport', 'key', 'outcome'], (set) => {
    for (const { signal, transport, key, accepted, refused } of live.ledger.allRequests()) {
      for (const [outcome, count] of Object.entries({ accepted, ...refused }))
        set({ signal, transport, key: key ?? '', outcome }, count);
    }
  });
  gauge('connections', 'Connections that are open', ['listener'], (set) => {
    for (const { listener, open } of live.connections()) set({ listener }, open);
  });
  counter('connections_accepted', 'Connections that came: open + closed', ['listener'], (set) => {
    for (const { listener, accepted } of live.connections()) set({ listener }, accepted);
  });
  counter('connections_closed', 'Connections that ended, by reason', ['listener', 'reason'], (set) => {
    for (const { listener, closed } of live.connections()) {
      for (const [reason, count] of Object.entries(closed)) set({ listener, reason }, count);
    }
  });
  gauge('store_bytes', 'Bytes that the rings hold', ['signal'], (set) => {
    for (const signal of SIGNALS) set({ signal }, live[signal].bytes);
  });
  gauge('store_cap_bytes', 'Bytes that the rings may hold', ['signal'], (set) => {
    for (const signal of SIGNALS) set({ signal }, live[signal].capBytes);
  });
  gauge('derived_bytes', 'Bytes of rates, sketches and the service graph', [], (set) => set({}, live.derived.bytes));
  counter('spans_too_old', 'Spans that ended too long ago to count in rates', [], (set) => set({}, live.derived.tooOld));
  const lag = quantiles(() => vitals.lagQuantiles());
  gauge('event_loop_lag_seconds', 'Event loop lag over the last 10 s', ['quantile'], lag);
  const frames = quantiles(() => vitals.frameQuantiles());
  gauge('frame_seconds', 'What making a frame took over the last 10 s', ['quantile'], frames);
  gauge('stream_clients', 'WebSocket clients', [], (set) => set({}, vitals.clients));
  counter('frames', 'Frames sent, and left out for clients that were slow', ['outcome'], (set) => {
    set({ outcome: 'sent' }, vitals.framesSent);
    set({ outcome: 'skipped' }, vitals.framesSkipped);
  });
  gauge('resident_memory_bytes', 'Resident set size', [], (set) => set({}, process.memoryUsage.rss()));
  return registry;
}
