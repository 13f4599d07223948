import { defineConfig } from 'vitest/config';

/** The drill: one file, in order, on a Docker engine. */
export default defineConfig({
  test: { include: ['stack/drill.e2e.ts'], testTimeout: 900_000, hookTimeout: 900_000, bail: 0, sequence: { concurrent: false } },
});
