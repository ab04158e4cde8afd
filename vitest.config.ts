import { defineConfig } from 'vitest/config';

/** The suites, from what needs nothing to what needs root and servers (docs/guides/testing.md). */
const project = (name: string, testTimeout: number, extra: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: Math.max(testTimeout, 30_000),
    ...extra,
  },
});

export default defineConfig({
  test: {
    reporters: ['default', './test/support/reporter.ts'],
    passWithNoTests: true,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      project('unit', 60_000),
      project('conformance', 180_000),
      project('simulation', 300_000),
      project('architecture', 300_000),
      project('services', 300_000),
      project('lab', 600_000, { fileParallelism: false, sequence: { groupOrder: 2 } }),
      project('e2e', 300_000, {
        globalSetup: './test/support/build.ts',
        sequence: { groupOrder: 1 },
      }),
    ],
    coverage: {
      provider: 'v8',
      include: ['topology/**', 'planners/**', 'gateway/**', 'src/**'],
      thresholds: {
        'topology/**': { lines: 95 },
        'planners/**': { lines: 95 },
        'gateway/desired/**': { lines: 95 },
      },
    },
  },
});
