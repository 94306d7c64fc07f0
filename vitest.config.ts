import { defineConfig } from 'vitest/config';

const shared = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // A process for each file: emulators, sockets and `process.env` of one file never meet those of another.
  pool: 'forks' as const,
};

/** `npm test -- --no-browser` leaves the browser tests out knowingly. Without a browser they fail and say how to get one. */
const withBrowser = !process.argv.includes('--no-browser');

const browser = {
  test: {
    ...shared,
    name: 'browser',
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: './tests/browser/support/global-setup.ts',
    // Each file runs a whole Parley and a browser, which share two cores with the other tests.
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
};

/** `PARLEY_NO_PYTHON=1 npm test` leaves out what needs the programs of tests/requirements.txt; without them it fails and says so. */
const withPython = !process.env['PARLEY_NO_PYTHON'];

const localstack = {
  test: {
    ...shared,
    name: 'localstack',
    include: ['tests/localstack/**/*.test.ts'],
    globalSetup: './tests/support/global-setup.ts',
    // The CDK CLI alone takes a second or two to load, and runs several times in a test.
    testTimeout: 120_000,
  },
};

/** `PARLEY_NO_CACHE=1 npm test` leaves out what needs a `redis-server`; without one it fails and says so. */
const withCache = !process.env['PARLEY_NO_CACHE'];

const cache = {
  test: {
    ...shared,
    name: 'cache',
    // What a user sees is the same with a cache and without.
    include: ['tests/cache/**/*.test.ts', 'tests/e2e/**/*.test.ts'],
    globalSetup: ['./tests/support/global-setup.ts', './tests/cache/support/global-setup.ts'],
    setupFiles: './tests/cache/support/use-cache.ts',
  },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './tests/support/plain-summary-reporter.ts'],
    projects: [
      {
        // Beside their source; they need no bundles, so a broken one does not hide their results.
        test: {
          ...shared,
          name: 'unit',
          include: ['{client,infra,lambdas,local,scripts,shared,web}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['tests/**/*.test.ts'],
          exclude: [
            'tests/browser/**',
            'tests/cache/**',
            'tests/localstack/**',
            ...(withPython ? [] : ['tests/infra/cfn-lint.test.ts']),
          ],
          globalSetup: './tests/support/global-setup.ts',
        },
      },
      ...(withCache ? [cache] : []),
      ...(withBrowser ? [browser] : []),
      ...(withPython ? [localstack] : []),
    ],
  },
});
