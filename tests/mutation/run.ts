/**
 * `npm run test:mutation -- [--scope domain|stores|services] [--fresh] [--concurrency N] [file …]`: changes the code piece by piece,
 * and fails where no test notices and tests/mutation/survivors.yaml does not say why. See CONTRIBUTING.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { stringify } from 'yaml';
import { sharing } from '../support/emulators.ts';
import { startEmulators } from '../support/start-emulators.ts';
import { chosenScopes, type Scope } from './scopes.ts';
import { countsOf, explainedSurvivors, MutationReport, survivorsOf } from './survivors.ts';

const projectRoot = join(import.meta.dirname, '../..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scope: { type: 'string', multiple: true, default: [] },
    fresh: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: '2' },
  },
});
const chosen = chosenScopes(values.scope, positionals);

// The domain does without.
const needsEmulators = chosen.some(([, { tests }]) => tests.some((path) => path.startsWith('tests/')));
const emulators = needsEmulators ? await startEmulators() : undefined;
try {
  for (const [name, scope] of chosen) {
    const startedAt = Date.now();
    const report = await mutate(name, scope);
    const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
    if (report === undefined || tell(name, report, minutes) > 0) process.exitCode = 1;
    if (report === undefined) break;
  }
} finally {
  await emulators?.close();
}

/** Runs Stryker. Returns its report, or `undefined` where it could not make one or was interrupted. */
async function mutate(name: string, scope: Scope): Promise<MutationReport | undefined> {
  const reports = join('reports/mutation', name);
  rmSync(join(projectRoot, `${reports}.json`), { force: true });
  const stryker = spawn(
    'stryker',
    [
      'run',
      'tests/mutation/stryker.config.mjs',
      ...['--mutate', scope.files.join(',')],
      // With tests chosen this way, Stryker sets a mutant only after the first file is loaded: whatever is mutated of what runs
      // while it is loaded survives. Where that counts, vitest.config.ts chooses.
      ...(scope.withStatic ? [] : ['--testFiles', scope.tests.join(',')]),
      ...['--incrementalFile', `${reports}.incremental.json`],
      ...['--concurrency', values.concurrency],
      ...(values.fresh ? ['--force'] : []),
    ],
    {
      cwd: projectRoot,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...(emulators && sharing(emulators.addresses)),
        PARLEY_MUTATION_TESTING: '1',
        PARLEY_MUTATION_REPORTS: reports,
        PARLEY_MUTATION_STATIC: String(scope.withStatic),
        ...(scope.withStatic && { PARLEY_MUTATION_TESTS: scope.tests.join(',') }),
      },
    },
  );
  // So that the emulators are closed too.
  const end = (signal: NodeJS.Signals) => stryker.kill(signal);
  process.on('SIGINT', end).on('SIGTERM', end);
  const [status] = await once(stryker, 'exit');
  process.off('SIGINT', end).off('SIGTERM', end);
  if (status !== 0) return undefined;
  return v.parse(MutationReport, JSON.parse(readFileSync(join(projectRoot, `${reports}.json`), 'utf8')));
}

/** Prints the scores and the survivors. Returns how many of these are not explained. */
function tell(name: string, report: MutationReport, minutes: string): number {
  const files = Object.keys(report.files).sort();
  for (const file of files) console.log(`${scoreOf(report, [file])}  ${file}`);
  console.log(`${scoreOf(report, files)}  ${name}, in ${minutes} minutes`);

  const explained = explainedSurvivors();
  const survivors = survivorsOf(report);
  const unexplained = survivors.filter(({ file, code }) => !explained.get(file)?.has(code));
  for (const file of files) {
    const survived = survivors.filter((survivor) => survivor.file === file).map(({ code }) => code);
    const stale = [...(explained.get(file) ?? [])].filter((code) => !survived.includes(code));
    for (const code of stale)
      console.log(`Explained in survivors.yaml, but killed or gone: ${file}: ${code}`);
  }
  for (const { file, line, mutator, code } of unexplained) {
    console.log(`\nSurvived: ${file}:${line} (${mutator})\n  ${stringify([code], { lineWidth: 0 }).trim()}`);
  }
  console.log(`\n${survivors.length} survived, ${unexplained.length} of them without an explanation.\n`);
  return unexplained.length;
}

function scoreOf(report: MutationReport, of: string[]): string {
  const { killed, valid } = countsOf(report, of);
  const percent = valid === 0 ? 100 : (100 * killed) / valid;
  return `${percent.toFixed(1).padStart(5)} % ${`${killed} of ${valid}`.padStart(13)}`;
}
