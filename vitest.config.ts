import { defineConfig } from 'vitest/config';

const shared = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // A process for each file: emulators, sockets and `process.env` of one file never meet those of another.
  pool: 'forks' as const,
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './tests/support/plain-summary-reporter.ts'],
    projects: [
      {
        // Beside their source; they need no bundles, so a broken one does not hide their results.
        test: { ...shared, name: 'unit', include: ['{infra,lambdas,local,scripts,shared}/**/*.test.ts'] },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['tests/**/*.test.ts'],
          globalSetup: './tests/support/global-setup.ts',
        },
      },
    ],
  },
});
