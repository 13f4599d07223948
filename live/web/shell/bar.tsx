/** The bar at the top: pages, the connection, the interval, time zone, theme and help. */
import { useState } from 'react';
import { type Zone, zoneName } from '../format/time.ts';
import { StatusPill } from './connection.tsx';
import { IntervalControl } from './interval-control.tsx';
import { Link, useNavigation } from './navigation.tsx';
import { pageRow, TABS } from './place.ts';
import { setTheme, storedTheme, THEMES, type Theme } from './theme.ts';

export function Bar({ help }: { help(): void }) {
  const { place } = useNavigation();
  return (
    <header className="bar">
      <Link page="now" className="brand" label="Sightline, now">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M2 16h7l4-10 6 20 4-10h7" />
        </svg>
        <span>Sightline</span>
      </Link>
      <nav aria-label="Pages">
        {TABS.map((page) => (
          <Link key={page} page={page} className="tab" current={place.page === page || pageRow(place.page).under === page}>
            {pageRow(page).tab}
          </Link>
        ))}
      </nav>
      <StatusPill />
      <IntervalControl />
      <ZoneSelect />
      <ThemeButton />
      <button type="button" className="icon" aria-label="Keys" title="Keys (?)" onClick={help}>
        ?
      </button>
    </header>
  );
}

function ZoneSelect() {
  const { zone, setZone } = useNavigation();
  return (
    <select className="zone" aria-label="Time zone" value={zone} onChange={(event) => setZone(event.target.value as Zone)}>
      <option value="local">Local time</option>
      <option value="utc">UTC</option>
      <optgroup label={`Zones (local is ${zoneName('local')})`}>
        {zone !== 'local' && zone !== 'utc' && !ZONES.includes(zone) && <option value={zone}>{zone}</option>}
        {ZONES.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </optgroup>
    </select>
  );
}

const ZONES = Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC');
const THEME_SIGNS: Record<Theme, string> = { auto: '◐', light: '☀', dark: '☾' };

function ThemeButton() {
  const [theme, set] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  const change = () => {
    setTheme(next);
    set(next);
  };
  return (
    <button
      type="button"
      className="icon"
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme}`}
      onClick={change}
    >
      {THEME_SIGNS[theme]}
    </button>
  );
}
