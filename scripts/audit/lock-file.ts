import * as v from 'valibot';

/** What `package-lock.json` says of one package (docs.npmjs.com/cli/configuring-npm/package-lock-json). */
const Locked = v.object({
  version: v.optional(v.string()),
  resolved: v.optional(v.string()),
  integrity: v.optional(v.string()),
  license: v.optional(v.string()),
  hasInstallScript: v.optional(v.boolean()),
  /** Comes inside the archive of the package above it, whose hash covers it. */
  inBundle: v.optional(v.boolean()),
  link: v.optional(v.boolean()),
});

export const LockFile = v.object({ lockfileVersion: v.literal(3), packages: v.record(v.string(), Locked) });
export type LockFile = v.InferOutput<typeof LockFile>;

/** The parts of `package.json` that decide what is installed. */
export const Manifest = v.object({
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
  devDependencies: v.optional(v.record(v.string(), v.string()), {}),
  optionalDependencies: v.optional(v.record(v.string(), v.string()), {}),
  allowScripts: v.optional(v.record(v.string(), v.boolean()), {}),
});
export type Manifest = v.InferOutput<typeof Manifest>;

/** Under which a package may be used in building and running a program that is itself under Apache-2.0. */
const licences = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'Unlicense',
  'Zlib',
]);

/**
 * Returns what is wrong with the packages that `npm ci` installs, one line each.
 *
 * @param registry where packages may come from
 */
export function lockFileProblems(lock: LockFile, manifest: Manifest, registry: string): string[] {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  return [
    ...packages.flatMap(([path, locked]) => originProblems(path, locked, registry)),
    ...packages.flatMap(([path, { license }]) => {
      if (license !== undefined && isAllowed(license)) return [];
      return [`${path}: the licence ${license ?? '(none)'} is not among those in scripts/audit/lock-file.ts`];
    }),
    ...scriptProblems(packages, manifest),
    ...versionProblems(manifest),
  ];
}

type Entry = LockFile['packages'][string];

function originProblems(
  path: string,
  { resolved, integrity, inBundle, link }: Entry,
  registry: string,
): string[] {
  if (inBundle === true) return [];
  if (link === true) return [`${path}: is a link to a folder`];
  const problems: string[] = [];
  // npm may leave out where a package comes from: then it is the registry.
  if (resolved !== undefined && !resolved.startsWith(registry))
    problems.push(`${path}: does not come from ${registry}`);
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')) problems.push(`${path}: has no SHA-512 hash`);
  return problems;
}

/** An install script runs with the rights of the user who installs, so `allowScripts` names each one that may. */
function scriptProblems(packages: [string, Entry][], { allowScripts }: Manifest): string[] {
  const withScript = new Set(
    packages.flatMap(([path, { hasInstallScript }]) => (hasInstallScript === true ? [nameOf(path)] : [])),
  );
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name] === true);
  return [
    ...[...withScript]
      .filter((name) => !allowed.includes(name))
      .map((name) => `${name}: has an install script that allowScripts in package.json does not name`),
    ...allowed
      .filter((name) => !withScript.has(name))
      .map((name) => `${name}: is named in allowScripts and has no install script`),
  ];
}

function versionProblems({ dependencies, devDependencies, optionalDependencies }: Manifest): string[] {
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name}: ${version} in package.json is not one version`);
}

/** Of `node_modules/a/node_modules/@b/c`, `@b/c`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Reads an SPDX expression as far as packages use it: of alternatives one must be allowed, of a conjunction all. */
function isAllowed(expression: string): boolean {
  const bare = expression.replaceAll(/[()]/g, '');
  return bare
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => licences.has(licence.trim())));
}
