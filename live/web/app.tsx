import { useState } from 'react';
import { HealthPage } from './health/health-page.tsx';
import { LogsPage } from './logs/logs-page.tsx';
import { MetricsPage } from './metrics/metrics-page.tsx';
import { NowPage } from './now/now-page.tsx';
import { Bar, TAB_PAGES } from './shell/bar.tsx';
import { ConnectionProvider, TroubleBanner, useWatchedConnection } from './shell/connection.tsx';
import { KeyHelp, useKeys } from './shell/keys.tsx';
import { useNavigation } from './shell/navigation.tsx';
import type { PageName } from './shell/place.ts';
import { TracePage } from './traces/trace-page.tsx';
import { TracesPage } from './traces/traces-page.tsx';

const PAGE_OF: Record<PageName, () => React.ReactNode> = {
  now: NowPage,
  traces: TracesPage,
  trace: TracePage,
  logs: LogsPage,
  metrics: MetricsPage,
  metric: MetricsPage,
  health: HealthPage,
};

/** The bar, what is the matter, and the page of the address. */
export function App() {
  const { place, go } = useNavigation();
  const connection = useWatchedConnection();
  const [help, setHelp] = useState(false);
  useKeys('Everywhere', [
    { keys: '1 2 3 4 5', does: 'Now, Traces, Logs, Metrics, Health', run: (key) => go(TAB_PAGES[Number(key) - 1] ?? 'now') },
    { keys: '/', does: 'Search on this page', run: () => document.querySelector<HTMLElement>('[data-search]')?.focus() },
    { keys: '?', does: 'These keys', run: () => setHelp(true) },
  ]);
  const Page = PAGE_OF[place.page];
  return (
    <ConnectionProvider value={connection}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Bar help={() => setHelp(true)} />
      <TroubleBanner />
      <main id="content" tabIndex={-1} className={`page page-${place.page}`}>
        <Page />
      </main>
      {help && <KeyHelp close={() => setHelp(false)} />}
    </ConnectionProvider>
  );
}
