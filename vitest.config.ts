import { defineConfig } from 'vitest/config'

// Nest's constructor injection by type needs emitDecoratorMetadata: vitest 5 takes it from tsconfig.json, so no plugin here
export default defineConfig({
  test: {
    teardownTimeout: 30_000,
    projects: [
      {
        test: { name: 'unit', include: ['{src,scripts}/**/*.spec.ts'], pool: 'threads' },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          // forks: a gateway in a test has process-wide state (signals, env), and its end must not take other files along
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
