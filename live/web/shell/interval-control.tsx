/** The one control for the interval that all pages show: presets and typed times. Charts have the third way: dragging. */
import { type FormEvent, useId, useState } from 'react';
import { INSTANT_HELP } from '../format/instant.ts';
import { dateTime } from '../format/time.ts';
import { useStream } from '../stream/hooks.ts';
import { type Interval, intervalName, intervalParams, lastMinutes, PRESETS, readInterval } from './interval.ts';
import { useNavigation } from './navigation.tsx';

const PANEL = 'interval-panel';

/** Opens the control for one who types. */
export function openIntervalControl(): void {
  const panel = document.getElementById(PANEL);
  panel?.showPopover();
  panel?.querySelector('input')?.focus();
}

export function IntervalControl() {
  const stream = useStream();
  const { interval, choose, zone } = useNavigation();
  const [closed, setClosed] = useState(0);
  const show = (next: Interval | undefined) => {
    choose(next);
    document.getElementById(PANEL)?.hidePopover();
  };
  const nowMs = stream.now();
  const params = JSON.stringify(intervalParams(interval));
  return (
    <>
      <button
        type="button"
        className={`interval-button ${interval ? 'chosen' : ''}`}
        popoverTarget={PANEL}
        aria-label={`Interval of time: ${interval ? intervalName(interval, zone, nowMs) : 'live'}`}
        title="Choose an interval of time (t)"
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6" />
          <path d="M8 4.5V8l2.5 1.5" />
        </svg>
        <span>{interval ? intervalName(interval, zone, nowMs) : 'Time'}</span>
      </button>
      <div
        id={PANEL}
        popover="auto"
        role="dialog"
        aria-label="Interval of time"
        className="interval-panel"
        onToggle={(event) => event.newState === 'closed' && setClosed(closed + 1)}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
        <div className="presets" role="group" aria-label="Presets">
          <button type="button" aria-pressed={!interval} onClick={() => show(undefined)}>
            Live
          </button>
          {PRESETS.map(({ name, minutes }) => (
            <button key={name} type="button" onClick={() => show(lastMinutes(minutes, stream.now()))}>
              {name}
            </button>
          ))}
        </div>
        {/* What was typed and not shown is forgotten when it closes. */}
        <TypedInterval key={`${params} ${closed}`} interval={interval} show={show} />
        <p className="hint">Or drag over any chart. Esc goes back to live.</p>
      </div>
    </>
  );
}

function TypedInterval({ interval, show }: { interval: Interval | undefined; show(interval: Interval | undefined): void }) {
  const stream = useStream();
  const { zone } = useNavigation();
  const [from, setFrom] = useState(interval?.fromMs === undefined ? '' : dateTime(interval.fromMs, zone));
  const [to, setTo] = useState(interval ? dateTime(interval.toMs, zone) : '');
  const [wrong, setWrong] = useState('');
  const [help, fault] = [useId(), useId()];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readInterval(from, to, stream.now(), zone);
    setWrong(read.wrong ?? '');
    if (!read.wrong) show(read.interval);
  };
  const field = (label: 'From' | 'To', value: string, set: (value: string) => void, placeholder: string) => (
    <label>
      <span>{label}</span>
      <input
        value={value}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={wrong.startsWith(label)}
        aria-describedby={`${fault} ${help}`}
        onChange={(event) => {
          set(event.target.value);
          setWrong('');
        }}
      />
    </label>
  );
  return (
    <form onSubmit={submit}>
      {field('From', from, setFrom, '-10m')}
      {field('To', to, setTo, 'now')}
      <button type="submit">Show</button>
      <p id={fault} className="bad" role="alert">
        {wrong}
      </p>
      <p id={help} className="hint">
        Write {INSTANT_HELP}.
      </p>
    </form>
  );
}
