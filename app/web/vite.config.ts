import { defineConfig } from 'vite';

/**
 * The page is served under `default-src 'self'`: everything becomes a file of its own, nothing is inlined. Names without hashes: each file is a route
 * of the storefront, whose spans and metrics carry it.
 */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    target: 'es2023',
    rolldownOptions: {
      output: { entryFileNames: 'shop.js', chunkFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
});
