import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served under `default-src 'self'`: everything becomes a file of its own, nothing is inlined as data: or script text. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: 'es2023',
  },
  worker: { format: 'es' },
});
