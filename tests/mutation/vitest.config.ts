import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The tests that decide on a mutant: those of stores and services that need no more than the emulators. The quickest come first,
 * because the first failure ends the run. Tests of the whole runtime would take seconds for each mutant.
 */
const quickestFirst = [
  'transactions',
  'membership',
  'members',
  'deliver-messages',
  'presence',
  'erasure',
  'withdrawals',
  'deliver-changes',
  'large-groups',
];

class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // Unit tests are not listed, and so come before all others.
    const place = ({ moduleId }: TestSpecification) => quickestFirst.indexOf(basename(moduleId, '.test.ts'));
    return files.toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    include: process.env['PARLEY_MUTATION_TESTS']?.split(',') ?? [
      'lambdas/{services,stores}/**/*.test.ts',
      'shared/**/*.test.ts',
      `tests/integration/{${quickestFirst.join(',')}}.test.ts`,
    ],
    // Stryker has its own limit for a mutant. The first run must not fail because the machine is busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Modules stay loaded from file to file: to load the SDK takes longer than most tests.
    pool: 'threads',
    isolate: false,
    sequence: { sequencer: QuickestFirst },
  },
});
