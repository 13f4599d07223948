import { defineConfig } from 'vitest/config';

/** The stack's end-to-end test: one file, in order, on a Docker engine. */
export default defineConfig({
  test: { include: ['stack/stack.e2e.ts'], testTimeout: 300_000, hookTimeout: 900_000, bail: 0, sequence: { concurrent: false } },
});
