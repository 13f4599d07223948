import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { KeysProvider } from './shell/keys.tsx';
import { NavigationProvider } from './shell/navigation.tsx';
import { startTheme } from './shell/theme.ts';
import { StreamContext } from './stream/hooks.ts';
import { openStream } from './stream/stream.ts';
import './style.css';

startTheme();
const worker = new Worker(new URL('./stream/stream-worker.ts', import.meta.url), { type: 'module' });
const stream = openStream(worker, `${location.origin.replace(/^http/, 'ws')}/stream`);
const root = document.getElementById('page');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <StreamContext value={stream}>
        <NavigationProvider>
          <KeysProvider>
            <App />
          </KeysProvider>
        </NavigationProvider>
      </StreamContext>
    </StrictMode>,
  );
}
