/** The server's own state: event-loop lag, what frames cost, memory, rates. */
import { createHistogram, type IntervalHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';
import type { Live } from '../receive/live.ts';
import type { HEALTH } from './frame-layout.ts';

/** Lag and frame times are those of the last period of this length. */
const PERIOD_SECONDS = 10;
const PERIOD_MS = PERIOD_SECONDS * 1000;
/** The loop's timer, whose own interval is part of what the monitor measures. */
const RESOLUTION_MS = 10;

interface Quantiles {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export class Vitals {
  readonly version: string;
  clients = 0;
  framesSent = 0;
  framesSkipped = 0;
  /** Bytes of frames that wait in this process for clients that are slow to read. */
  queuedBytes: () => number = () => 0;
  private readonly live: Live;
  private readonly workersRssBytes: () => number;
  private readonly startedMs = performance.now();
  private readonly delay: IntervalHistogram;
  private readonly frames: RecordableHistogram = createHistogram();
  private readonly timer: NodeJS.Timeout;
  private lag: Quantiles | undefined;
  private frameTimes: Quantiles | undefined;

  /** @param workersRssBytes resident memory of the processes that belong to this one */
  constructor(live: Live, version: string, workersRssBytes = () => 0) {
    this.live = live;
    this.workersRssBytes = workersRssBytes;
    this.version = version;
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.delay.enable();
    this.timer = setInterval(() => this.turn(), PERIOD_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.delay.disable();
  }

  /** A frame was made for a client, or a round of sections for all. */
  frameTook(ms: number): void {
    this.frames.record(Math.max(1, Math.round(ms * 1e6)));
  }

  health(): object {
    const { heapUsed, external } = process.memoryUsage();
    const rates = this.rates();
    const { p50Ms, p99Ms } = this.frameQuantiles();
    return {
      version: this.version,
      timeMs: this.live.now(),
      uptimeSeconds: this.uptimeSeconds(),
      memory: { rssBytes: this.rssBytes(), heapBytes: heapUsed, externalBytes: external },
      store: this.store(),
      ingest: rates,
      eventLoopLag: this.lagQuantiles(),
      frames: {
        clients: this.clients,
        p50Ms,
        p99Ms,
        sent: this.framesSent,
        skipped: this.framesSkipped,
        queuedBytes: this.queuedBytes(),
      },
    };
  }

  /** The same as names and values for the stream. */
  table(): Record<(typeof HEALTH)[number], number> {
    const { heapUsed } = process.memoryUsage();
    const { bytes, capBytes, derivedBytes } = this.store();
    const lag = this.lagQuantiles();
    const frames = this.frameQuantiles();
    return {
      uptimeSeconds: this.uptimeSeconds(),
      rssBytes: this.rssBytes(),
      heapBytes: heapUsed,
      storeBytes: bytes,
      storeCapBytes: capBytes,
      derivedBytes,
      ...this.rates(),
      lagP50Ms: lag.p50Ms,
      lagP99Ms: lag.p99Ms,
      lagMaxMs: lag.maxMs,
      frameP50Ms: frames.p50Ms,
      frameP99Ms: frames.p99Ms,
      clients: this.clients,
      framesSkipped: this.framesSkipped,
    };
  }

  lagQuantiles(): Quantiles {
    return this.lag ?? quantiles(this.delay, RESOLUTION_MS);
  }

  frameQuantiles(): Quantiles {
    return this.frameTimes ?? quantiles(this.frames, 0);
  }

  private rates(): { spansPerSecond: number; pointsPerSecond: number; logsPerSecond: number; bytesPerSecond: number } {
    const { taken, takenBytes, now } = this.live;
    const seconds = now() / 1000;
    return {
      spansPerSecond: taken.traces.rate(seconds, PERIOD_SECONDS),
      pointsPerSecond: taken.metrics.rate(seconds, PERIOD_SECONDS),
      logsPerSecond: taken.logs.rate(seconds, PERIOD_SECONDS),
      bytesPerSecond: takenBytes.rate(seconds, PERIOD_SECONDS),
    };
  }

  private store(): { bytes: number; capBytes: number; derivedBytes: number } {
    const { traces, metrics, logs, derived } = this.live;
    return {
      bytes: traces.bytes + metrics.bytes + logs.bytes,
      capBytes: traces.capBytes + metrics.capBytes + logs.capBytes,
      derivedBytes: derived.bytes,
    };
  }

  private rssBytes(): number {
    return process.memoryUsage.rss() + this.workersRssBytes();
  }

  private uptimeSeconds(): number {
    return (performance.now() - this.startedMs) / 1000;
  }

  private turn(): void {
    this.lag = quantiles(this.delay, RESOLUTION_MS);
    this.frameTimes = quantiles(this.frames, 0);
    this.delay.reset();
    this.frames.reset();
  }
}

function quantiles(histogram: RecordableHistogram | IntervalHistogram, lessMs: number): Quantiles {
  const ms = (nanos: number): number => (histogram.count === 0 ? 0 : Math.max(0, nanos / 1e6 - lessMs));
  return { p50Ms: ms(histogram.percentile(50)), p99Ms: ms(histogram.percentile(99)), maxMs: ms(histogram.max) };
}
