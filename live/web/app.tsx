import { useState } from 'react';
import { DatabasePage } from './database/database-page.tsx';
import { StatementPage } from './database/statement-page.tsx';
import { HealthPage } from './health/health-page.tsx';
import { LogsPage } from './logs/logs-page.tsx';
import { MetricsPage } from './metrics/metrics-page.tsx';
import { NowPage } from './now/now-page.tsx';
import { Bar } from './shell/bar.tsx';
import { ConnectionProvider, TroubleBanner, useWatchedConnection } from './shell/connection.tsx';
import { IntervalBanner } from './shell/interval-banner.tsx';
import { openIntervalControl } from './shell/interval-control.tsx';
import { KeyHelp, useKeys } from './shell/keys.tsx';
import { useNavigation } from './shell/navigation.tsx';
import { type PageName, pageRow, TABS } from './shell/place.ts';
import { TracePage } from './trace/trace-page.tsx';
import { TracesPage } from './traces/traces-page.tsx';

const PAGE_OF: Record<PageName, () => React.ReactNode> = {
  now: NowPage,
  traces: TracesPage,
  trace: TracePage,
  logs: LogsPage,
  metrics: MetricsPage,
  metric: MetricsPage,
  database: DatabasePage,
  statement: StatementPage,
  health: HealthPage,
};

/** The bar, what is the matter, which time is shown, and the page of the address. */
export function App() {
  const { place, go, interval, choose } = useNavigation();
  const connection = useWatchedConnection();
  const [help, setHelp] = useState(false);
  useKeys('Everywhere', [
    {
      keys: TABS.map((_, i) => i + 1).join(' '),
      does: TABS.map((page) => pageRow(page).tab).join(', '),
      run: (key) => go(TABS[Number(key) - 1] ?? 'now'),
    },
    { keys: 't', does: 'Choose an interval of time', run: openIntervalControl },
    ...(interval ? [{ keys: 'Escape', does: 'Back to live', run: () => choose(undefined) }] : []),
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
      <IntervalBanner />
      <main id="content" tabIndex={-1} className={`page page-${place.page}`}>
        <Page />
      </main>
      {help && <KeyHelp close={() => setHelp(false)} />}
    </ConnectionProvider>
  );
}
