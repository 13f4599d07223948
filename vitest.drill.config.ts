import { defineConfig } from 'vitest/config';

/** What takes long: the drill, in order, on a Docker engine; ten minutes of statements; the stack with certificates. */
export default defineConfig({
  test: {
    include: ['stack/drill.e2e.ts', 'stack/totals.e2e.ts', 'stack/tls.e2e.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
    bail: 0,
    sequence: { concurrent: false },
  },
});
