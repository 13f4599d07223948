/** How this page and the server keep up with 60 frames a second. */
import { useCallback } from 'react';
import { bytes, compact, duration, exact, percent } from '../format/number.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useConnection } from '../shell/connection.tsx';
import { useNow, useStream } from '../stream/hooks.ts';
import { held, quantile, type Ring, shareWithin } from '../stream/timings.ts';

/** A frame of a 60 Hz screen and a little: what is later is seen. */
const IN_TIME_MS = 20;
/** The top of the chart: three frames of a 60 Hz screen. */
const TOP_MS = 50;

export function OwnFrames() {
  const stream = useStream();
  const { health } = useConnection();
  useNow(2);
  const { timings } = stream;
  const intervals = held(timings.intervals);
  const paint = useCallback<Painter>(
    (context, width, height, palette) => {
      const values = held(timings.intervals);
      const step = width / timings.intervals.values.length;
      const y = (ms: number) => height - Math.min(1, ms / TOP_MS) * height;
      values.forEach((ms, i) => {
        context.fillStyle = ms > IN_TIME_MS ? palette.error : palette.accent;
        context.fillRect(width - (values.length - i) * step, y(ms), Math.max(1, step - 0.3), height - y(ms));
      });
      context.fillStyle = palette.muted;
      context.fillRect(0, y(IN_TIME_MS), width, 1);
    },
    [timings],
  );
  return (
    <section className="panel wide" aria-labelledby="frames-title">
      <h2 id="frames-title">
        Frames of this page{' '}
        <span className="hint">
          the last {timings.intervals.values.length}; red where one took longer than {IN_TIME_MS} ms
        </span>
      </h2>
      <Canvas label="" className="frame-chart" paint={paint} live />
      <dl className="facts facts-columns">
        <Times name="Between frames" ring={timings.intervals} />
        <Times name="Drawing" ring={timings.draw} />
        <Times name="Decoding" ring={timings.decode} />
        <Times name="From the server to the screen" ring={timings.delays} />
        <div>
          <dt>Within {IN_TIME_MS} ms</dt>
          <dd>{percent(shareWithin(intervals, IN_TIME_MS))}</dd>
        </div>
        <div>
          <dt>Frames received, left out</dt>
          <dd>
            {exact(timings.frames)}, {exact(timings.skipped)}
          </dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd>
            {bytes(timings.bytes)}, {bytes(timings.bytes / Math.max(1, timings.frames))} a frame
          </dd>
        </div>
        <div>
          <dt>A frame costs the server (p50, p99)</dt>
          <dd>
            {duration(health.get('frameP50Ms'))}, {duration(health.get('frameP99Ms'))}
          </dd>
        </div>
        <div>
          <dt>Pages open, frames left out for slow ones</dt>
          <dd>
            {compact(health.get('clients'))}, {compact(health.get('framesSkipped'))}
          </dd>
        </div>
        <div>
          <dt>Event loop lag (p50, p99, most)</dt>
          <dd>
            {duration(health.get('lagP50Ms'))}, {duration(health.get('lagP99Ms'))}, {duration(health.get('lagMaxMs'))}
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Times({ name, ring }: { name: string; ring: Ring }) {
  const values = held(ring);
  return (
    <div>
      <dt>{name} (p50, p99)</dt>
      <dd>
        {duration(quantile(values, 0.5))}, {duration(quantile(values, 0.99))}
      </dd>
    </div>
  );
}
