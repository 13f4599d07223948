/** The slowest and the failed requests of one service in the last five minutes, each trace once. */
export interface NotableTrace {
  traceId: string;
  service: string;
  operation: string;
  startMs: number;
  durationMs: number;
  errors: number;
}

const PERIOD_SECONDS = 10;
const PERIODS = 30;
const SLOWEST_PER_PERIOD = 20;
const FAILED = 50;

export class Notable {
  private readonly periods: { period: number; traces: NotableTrace[] }[] = [];
  private readonly failures = new Map<string, NotableTrace>();

  /** What a duration must exceed to be among the slowest of its time: asked before anything is made. */
  threshold(second: number): number {
    const { traces } = this.period(second);
    return traces.length < SLOWEST_PER_PERIOD ? -1 : (traces.at(-1)?.durationMs ?? -1);
  }

  slow(second: number, trace: NotableTrace): void {
    const { traces } = this.period(second);
    const same = traces.findIndex(({ traceId }) => traceId === trace.traceId);
    if (same >= 0 && (traces[same] as NotableTrace).durationMs >= trace.durationMs) return;
    if (same >= 0) traces.splice(same, 1);
    const at = traces.findIndex(({ durationMs }) => durationMs < trace.durationMs);
    traces.splice(at < 0 ? traces.length : at, 0, trace);
    if (traces.length > SLOWEST_PER_PERIOD) traces.pop();
  }

  /** A span failed: of one trace the longest stands for the rest. */
  failed(trace: NotableTrace): void {
    const known = this.failures.get(trace.traceId);
    const errors = (known?.errors ?? 0) + 1;
    const longest = known !== undefined && known.durationMs >= trace.durationMs ? known : trace;
    this.failures.delete(trace.traceId);
    this.failures.set(trace.traceId, { ...longest, errors });
    if (this.failures.size > FAILED) this.failures.delete(this.failures.keys().next().value ?? '');
  }

  slowest(now: number): NotableTrace[] {
    const oldest = Math.floor(now / PERIOD_SECONDS) - PERIODS;
    return this.periods.filter(({ period }) => period > oldest).flatMap(({ traces }) => traces);
  }

  latestFailures(now: number): NotableTrace[] {
    const oldest = (now - PERIODS * PERIOD_SECONDS) * 1000;
    return [...this.failures.values()].filter(({ startMs, durationMs }) => startMs + durationMs >= oldest);
  }

  private period(second: number): { period: number; traces: NotableTrace[] } {
    const period = Math.floor(second / PERIOD_SECONDS);
    let slot = this.periods[period % PERIODS];
    if (slot === undefined || slot.period !== period) {
      slot = { period, traces: [] };
      this.periods[period % PERIODS] = slot;
    }
    return slot;
  }
}

/** Several services' lists as one, a trace once with its longest span and all its errors. */
export function mergeTraces(traces: readonly NotableTrace[]): NotableTrace[] {
  const byId = new Map<string, NotableTrace>();
  for (const trace of traces) {
    const known = byId.get(trace.traceId);
    if (known === undefined) byId.set(trace.traceId, { ...trace });
    else {
      const errors = known.errors + trace.errors;
      byId.set(trace.traceId, { ...(known.durationMs >= trace.durationMs ? known : trace), errors });
    }
  }
  return [...byId.values()];
}
