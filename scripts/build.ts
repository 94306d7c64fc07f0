/**
 * Bundles every Lambda function with one esbuild run.
 *
 * `lambdas/<folder>/<file>.ts` becomes `dist/lambdas/<folder>-<file>/index.mjs` (handler `index.handler`) with its
 * source map beside it: the directory that CDK uploads and that the embedded runtime loads as it is.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import * as esbuild from 'esbuild';

export type Bundle = { name: string; directory: string; entry: string };

const projectRoot = dirname(import.meta.dirname);
export const bundlesDirectory = join(projectRoot, 'dist/lambdas');
/** What esbuild put into each bundle; the infrastructure tests read which SDK commands a function can call. */
export const metafilePath = join(bundlesDirectory, 'metafile.json');

/** Folders of `lambdas/` in which each file is the entry of one function. */
const entryFolders = ['websocket', 'http', 'stream'];

/**
 * Credential sources that the SDK's default chain imports only when it meets them. A Lambda execution environment
 * always has its role's credentials in environment variables, which the chain tries first, so these are never
 * loaded there (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). Leaving them out saves a quarter
 * of each bundle and a third of its import time. None is imported statically: tests/infra/bundles.test.ts checks it.
 */
const unusedCredentialProviders = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/** The client of the cache, beside the bundles that may need it: most deployments have no cache and never load it. */
const cacheClient = { package: 'iovalkey', file: 'valkey.mjs' };

const options = {
  absWorkingDir: projectRoot,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  // Positions and names are enough for a stack trace, and maps without the sources load much faster.
  sourcesContent: false,
  legalComments: 'none',
  write: false,
  logLevel: 'silent',
} satisfies esbuild.BuildOptions;

export async function build(): Promise<Bundle[]> {
  const bundles = findBundles();
  if (bundles.length === 0) throw new Error(`No Lambda entries in lambdas/{${entryFolders.join(',')}}/*.ts`);
  const result = await esbuild.build({
    ...options,
    entryPoints: bundles.map(({ name, entry }) => ({ in: entry, out: `${name}/index` })),
    outdir: relative(projectRoot, bundlesDirectory),
    outExtension: { '.js': '.mjs' },
    // esbuild prefers CommonJS for Node; the ES modules of the SDK can be tree-shaken.
    mainFields: ['module', 'main'],
    sourcemap: 'linked',
    external: unusedCredentialProviders,
    plugins: [besideTheBundle],
    metafile: true,
  });
  for (const bundle of bundles) {
    const output = result.metafile.outputs[relative(projectRoot, join(bundle.directory, 'index.mjs'))];
    if (!output?.exports.includes('handler')) {
      throw new Error(
        `${bundle.entry} exports no "handler": only the entries of functions belong in this folder`,
      );
    }
  }
  for (const { path, contents } of result.outputFiles) writeIfChanged(path, contents);
  const client = await bundledCacheClient();
  for (const { directory } of bundles) {
    const output = result.metafile.outputs[relative(projectRoot, join(directory, 'index.mjs'))];
    const isWanted = output?.imports.some(({ path }) => path === `./${cacheClient.file}`);
    if (isWanted) writeIfChanged(join(directory, cacheClient.file), client);
  }
  writeIfChanged(metafilePath, Buffer.from(JSON.stringify(result.metafile)));
  removeStaleBundles(bundles);
  return bundles;
}

const besideTheBundle: esbuild.Plugin = {
  name: 'beside-the-bundle',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^${cacheClient.package}$`) }, () => ({
      path: `./${cacheClient.file}`,
      external: true,
    }));
  },
};

async function bundledCacheClient(): Promise<Uint8Array> {
  const { outputFiles } = await esbuild.build({
    ...options,
    stdin: { contents: `export { Cluster, Redis } from '${cacheClient.package}';`, resolveDir: projectRoot },
    // It is CommonJS, and asks for Node's own modules at run time.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`${cacheClient.package} gave no bundle`);
  return file.contents;
}

function findBundles(): Bundle[] {
  return entryFolders.flatMap((folder) =>
    readdirSync(join(projectRoot, 'lambdas', folder))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .sort()
      .map((file) => {
        const name = `${folder}-${basename(file, '.ts')}`;
        return { name, directory: join(bundlesDirectory, name), entry: `lambdas/${folder}/${file}` };
      }),
  );
}

/** Replaces a file in one step and only when it differs, since a running runtime or test may be reading it. */
export function writeIfChanged(path: string, contents: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    if (readFileSync(path).equals(contents)) return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

function removeStaleBundles(bundles: Bundle[]): void {
  const current = new Set(bundles.map((bundle) => bundle.name));
  for (const item of readdirSync(bundlesDirectory, { withFileTypes: true })) {
    if (item.isDirectory() && !current.has(item.name)) {
      rmSync(join(bundlesDirectory, item.name), { recursive: true });
    }
  }
}

if (import.meta.main) {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
