/**
 * `npm run audit [-- --require-advisories]`: checks the packages that `npm ci` installs against the project's rules, and
 * against known advisories. The first needs no network.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { isUrgent, readAdvisories } from './audit/advisories.ts';
import { LockFile, lockFileProblems, Manifest } from './audit/lock-file.ts';

const projectRoot = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { 'require-advisories': { type: 'boolean', default: false } } });

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(projectRoot, name), 'utf8'));
}

function npm(...args: string[]): string {
  return spawnSync('npm', args, { cwd: projectRoot, encoding: 'utf8' }).stdout.trim();
}

const lock = v.parse(LockFile, readJson('package-lock.json'));
const problems = lockFileProblems(
  lock,
  v.parse(Manifest, readJson('package.json')),
  npm('config', 'get', 'registry'),
);
for (const problem of problems) console.error(problem);
let passed = problems.length === 0;
const count = Object.keys(lock.packages).length - 1;
if (passed)
  console.log(
    `${count} packages: each has its hash, a known licence, and no install script but those allowed.`,
  );

// All packages, though all are development dependencies: what the functions use is bundled from them.
const advisories = readAdvisories(npm('audit', '--json'));
if ('unanswered' in advisories) {
  console.log(
    `Advisories were not checked, since the registry does not publish them: ${advisories.unanswered}.`,
  );
  if (values['require-advisories']) passed = false;
} else {
  for (const { name, severity, range, what } of advisories.known)
    console.log(`${severity}: ${name} ${range}: ${what}`);
  if (advisories.known.length === 0) console.log('No advisories are known against them.');
  if (advisories.known.some(isUrgent)) passed = false;
}
process.exitCode = passed ? 0 : 1;
