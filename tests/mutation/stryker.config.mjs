const reports = process.env.PARLEY_MUTATION_REPORTS ?? 'reports/mutation/all';

/** See "Mutation testing" in CONTRIBUTING.md. `tests/mutation/run.ts` starts the emulators, and says what to mutate. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'tests/mutation/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner', './tests/mutation/ignore-texts.mjs'],
  ignorers: ['texts'],
  coverageAnalysis: 'perTest',
  ignoreStatic: process.env.PARLEY_MUTATION_STATIC !== 'true',
  incremental: true,
  // The emulators that all workers share may answer more slowly than in the first run. An endless loop is noticed sooner, by its
  // number of turns.
  timeoutMS: 20_000,
  timeoutFactor: 3,
  ignorePatterns: ['cdk.out', 'dist', 'docs', 'client', 'web', 'reports', '.parley', '.venv'],
  // Stryker rewrites paths in tsconfig.json by an interface that TypeScript 7 no longer has. Ours has none that need it.
  tsconfigFile: 'no-tsconfig.json',
  tempDirName: 'reports/stryker-tmp',
  cleanTempDir: 'always',
  reporters: ['json', 'html', 'progress-append-only'],
  jsonReporter: { fileName: `${reports}.json` },
  htmlReporter: { fileName: `${reports}.html` },
  allowConsoleColors: false,
  warnings: { slow: false },
};
