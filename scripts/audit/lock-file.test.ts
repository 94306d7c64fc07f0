import { expect, test } from 'vitest';
import { type LockFile, lockFileProblems, type Manifest } from './lock-file.ts';

const registry = 'https://registry.example/';
const hash = `sha512-${'A'.repeat(86)}==`;
const good = { version: '1.0.0', integrity: hash, license: 'MIT' };
const manifest: Manifest = {
  dependencies: {},
  devDependencies: { one: '1.0.0' },
  optionalDependencies: {},
  allowScripts: {},
};

function problems(entry: LockFile['packages'][string], changed: Partial<Manifest> = {}): string[] {
  const packages = { '': {}, 'node_modules/a/node_modules/@scope/one': entry };
  return lockFileProblems({ lockfileVersion: 3, packages }, { ...manifest, ...changed }, registry);
}

const path = 'node_modules/a/node_modules/@scope/one';

test('a package of the registry with a hash and a known licence is fine', () => {
  expect(problems(good)).toEqual([]);
  expect(problems({ ...good, resolved: `${registry}one/-/one-1.0.0.tgz` })).toEqual([]);
  expect(problems({ version: '1.0.0', license: 'ISC', inBundle: true })).toEqual([]);
});

test.each([
  ['git+ssh://git@host.example/one.git#abc'],
  ['https://elsewhere.example/one-1.0.0.tgz'],
  ['file:../one'],
  ['https://registry.example.evil.example/one.tgz'],
])('one from %s is reported', (resolved) => {
  expect(problems({ ...good, resolved })).toEqual([`${path}: does not come from ${registry}`]);
});

test.each([[undefined], ['sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='], ['sha512-short']])(
  'a hash %s is reported',
  (integrity) => {
    const { integrity: _, ...without } = good;
    expect(problems(integrity === undefined ? without : { ...good, integrity })).toEqual([
      `${path}: has no SHA-512 hash`,
    ]);
  },
);

test('a link to a folder is reported', () => {
  expect(problems({ license: 'MIT', link: true })).toEqual([`${path}: is a link to a folder`]);
});

test('install scripts and allowScripts name the same packages', () => {
  const scripted = { ...good, hasInstallScript: true };
  expect(problems(scripted)).toEqual([
    '@scope/one: has an install script that allowScripts in package.json does not name',
  ]);
  expect(problems(scripted, { allowScripts: { '@scope/one': true } })).toEqual([]);
  expect(problems(scripted, { allowScripts: { '@scope/one': false } })).toHaveLength(1);
  expect(problems(good, { allowScripts: { '@scope/one': true } })).toEqual([
    '@scope/one: is named in allowScripts and has no install script',
  ]);
});

test.each([
  ['MIT', true],
  ['MIT OR GPL-3.0-or-later', true],
  ['(MIT AND Zlib)', true],
  ['GPL-3.0-only', false],
  ['MIT AND GPL-3.0-only', false],
  ['UNLICENSED', false],
])('the licence %s is allowed: %s', (license, allowed) => {
  expect(problems({ ...good, license })).toHaveLength(allowed ? 0 : 1);
});

test('a package without a licence is reported', () => {
  const { license: _, ...without } = good;
  expect(problems(without)).toHaveLength(1);
});

test.each([['^1.0.0'], ['*'], ['latest'], ['>=1.0.0'], ['https://host.example/x.tgz']])(
  'a version %s is reported',
  (version) => {
    expect(problems(good, { devDependencies: { one: version } })).toEqual([
      `one: ${version} in package.json is not one version`,
    ]);
  },
);
