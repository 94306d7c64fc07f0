/**
 * Synthesizes one stage into `cdk.out/<stage>`, without the CDK CLI and so in about a second.
 *
 *   npm run synth -- --stage prod
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type StageName, stageSettings } from '../infra/stages.ts';
import { build } from './build.ts';
import { buildWeb } from './build-web.ts';

const projectRoot = dirname(import.meta.dirname);
/** What a template is made of. Equal contents make equal assemblies, so that a second synthesis is not needed. */
const inputs = ['infra', 'shared', 'dist/lambdas', 'package.json', 'package-lock.json'];
/** Deployed by the stages that have `web`. */
const webInputs = ['dist/web'];

/** Builds the bundles, synthesizes, and returns the directory of the cloud assembly. */
export async function synth(stage: StageName): Promise<string> {
  const directory = join(projectRoot, 'cdk.out', stage);
  const settings = stageSettings(stage);
  const { web } = settings;
  await build();
  if (web !== false) await buildWeb();
  const parts = web === false ? inputs : [...inputs, ...webInputs];
  const fingerprint = fingerprintOf(
    JSON.stringify(settings), // Some come from the environment.
    parts.map((input) => join(projectRoot, input)),
  );
  const fingerprintPath = join(directory, '.fingerprint');
  if (existsSync(fingerprintPath) && readFileSync(fingerprintPath, 'utf8') === fingerprint) return directory;

  mkdirSync(directory, { recursive: true });
  const fresh = mkdtempSync(join(projectRoot, 'cdk.out', `.${stage}-`));
  try {
    await runApp(stage, fresh);
    publish(fresh, directory);
    writeFileSync(fingerprintPath, fingerprint);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return directory;
}

async function runApp(stage: StageName, outdir: string): Promise<void> {
  const environment = {
    ...process.env,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ stage }),
    // CloudFormation's rules are checked on what may be deployed; for the embedded runtime they only cost a second.
    CDK_VALIDATION: stage === 'local' ? 'false' : 'true',
  };
  try {
    await promisify(execFile)(process.execPath, [join(projectRoot, 'infra/app.ts')], {
      cwd: projectRoot,
      env: environment,
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`Synthesis of stage "${stage}" failed: ${output || String(error)}`, { cause: error });
  }
}

/**
 * Moves the new assembly into place file by file, the manifest last. A running runtime or test may be reading the
 * old one: it keeps its assets (named by their hash), and never meets half a file.
 */
function publish(from: string, to: string): void {
  const names = readdirSync(from).sort(
    (a, b) => Number(a === 'manifest.json') - Number(b === 'manifest.json'),
  );
  for (const name of names) {
    const target = join(to, name);
    if (name.startsWith('asset.') && existsSync(target)) continue;
    try {
      renameSync(join(from, name), target);
    } catch (error) {
      // Another synthesis put the same asset there meanwhile.
      if (!(name.startsWith('asset.') && existsSync(target))) throw error;
    }
  }
}

function fingerprintOf(settings: string, paths: string[]): string {
  const hash = createHash('sha256').update(settings);
  for (const path of paths.flatMap(filesBelow))
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function filesBelow(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .sort();
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({ options: { stage: { type: 'string', default: 'dev' } } });
    await synth(stageSettings(values.stage).stage);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
