/** Who may import whom: docs/architecture.md, "The house". Tests may import anything. */
import { dirname, join, relative } from 'node:path';
import type { Node } from 'typescript/unstable/ast';
import { isImportDeclaration } from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';
import { beforeAll, describe, expect, test } from 'vitest';

const projectRoot = join(import.meta.dirname, '..');

type Layer = {
  /** Folders and files of ours, beside the layer itself. */
  may: string[];
  /** The same, for types only. */
  mayTypes?: string[];
  /** Packages, of those that are bound to one place: the AWS SDK, the CDK, Node's own modules. */
  packages: RegExp;
};

const anyOfNode = /^node:/;
const layers: Record<string, Layer> = {
  // No I/O: of Node only what computes.
  shared: { may: [], packages: /^node:(crypto|util)$/ },
  'lambdas/stores': { may: ['shared'], packages: /^(node:|@aws-sdk\/|@smithy\/)/ },
  'lambdas/services': { may: ['lambdas/stores', 'shared'], packages: anyOfNode },
  'lambdas/middleware': {
    may: ['lambdas/logger.ts', 'lambdas/metrics.ts', 'shared'],
    mayTypes: ['lambdas/services', 'lambdas/stores'],
    packages: anyOfNode,
  },
  'lambdas/websocket': { may: entriesMay(), packages: anyOfNode },
  'lambdas/http': { may: entriesMay(), packages: anyOfNode },
  'lambdas/stream': { may: entriesMay(), packages: anyOfNode },
  'lambdas/environment.ts': { may: [], packages: anyOfNode },
  'lambdas/logger.ts': { may: [], mayTypes: ['lambdas/services'], packages: anyOfNode },
  'lambdas/metrics.ts': { may: ['lambdas/environment.ts', 'shared'], packages: anyOfNode },
  // The one place where stores and services are made.
  'lambdas/runtime.ts': {
    may: [
      'lambdas/stores',
      'lambdas/services',
      'lambdas/environment.ts',
      'lambdas/logger.ts',
      'lambdas/metrics.ts',
      'shared',
    ],
    packages: /^(node:|@aws-sdk\/|@smithy\/)/,
  },
  // Runs whatever the template and the bundles say, and knows nothing of what they do.
  local: { may: ['shared'], packages: /^(node:|@aws-sdk\/|@smithy\/)/ },
  // Nothing is published that needs another package, or Node in a browser.
  'client/src': { may: [], packages: /^$/ },
  'client/node': { may: [], mayTypes: ['client/src'], packages: anyOfNode },
  'client/tests': { may: ['client/src', 'client/node', 'shared'], packages: anyOfNode },
  // A user of the client's public entry, and of nothing behind it.
  web: { may: ['client/src/index.ts', 'shared/web', 'shared/text'], packages: /^$/ },
  infra: { may: ['shared', 'package.json'], packages: /^(node:|aws-cdk-lib|constructs$)/ },
  // Operators' tools do through the same stores and services what the functions do.
  scripts: {
    may: ['client', 'infra', 'lambdas/services', 'lambdas/stores', 'local', 'shared', 'package.json'],
    packages: /^(node:|@aws-sdk\/|@smithy\/)/,
  },
};
const bound = /^(node:|@aws-sdk\/|@smithy\/|aws-cdk-lib|constructs$)/;

function entriesMay(): string[] {
  return ['lambdas/services', 'lambdas/middleware', 'lambdas/runtime.ts', 'lambdas/environment.ts', 'shared'];
}

type Import = { from: string; to: string; typesOnly: boolean };
const ourSource = /^(shared|lambdas|local|infra|scripts|client|web)\//;
const imports: Import[] = [];
const sources: string[] = [];

beforeAll(() => {
  const api = new API({ cwd: projectRoot });
  // The web client is a program of its own, with a browser's types.
  const configurations = ['tsconfig.json', 'web/tsconfig.json'].map((path) => join(projectRoot, path));
  const snapshot = api.updateSnapshot({ openProjects: configurations });
  for (const configuration of configurations) {
    const program = snapshot.getProject(configuration)?.program;
    if (!program) throw new Error(`${configuration} describes no project`);
    const found = program
      .getSourceFileNames()
      .map((name) => relative(projectRoot, name))
      .filter((name) => ourSource.test(name) && !name.includes('.test.') && !sources.includes(name));
    sources.push(...found);
    imports.push(
      ...found.flatMap((from) =>
        (program.getSourceFile(join(projectRoot, from))?.imports ?? []).map((specifier) => ({
          from,
          to: targetOf(from, specifier),
          typesOnly: isTypesOnly(specifier.parent),
        })),
      ),
    );
  }
  api.close();
});

function targetOf(from: string, specifier: Node): string {
  const name = specifier.getText().slice(1, -1);
  if (name === '@parley/client') return 'client/src/index.ts';
  return name.startsWith('.') ? join(dirname(from), name) : name;
}

function isTypesOnly(declaration: Node): boolean {
  return isImportDeclaration(declaration) && /^import\s+type\s/.test(declaration.getText());
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

test('every source file belongs to a layer', () => {
  const homeless = sources.filter((path) => !Object.keys(layers).some((layer) => isIn(path, layer)));
  expect(homeless).toEqual([]);
  expect(imports.length).toBeGreaterThan(100);
});

describe.each(Object.entries(layers))('%s', (layer, { may, mayTypes = [], packages }) => {
  const say = ({ from, to }: Import) => `${from} imports ${to}`;

  test(`imports of ours only ${[layer, ...may].join(', ')}`, () => {
    const wrong = imports.filter(({ from, to, typesOnly }) => {
      const ours = /^(shared|lambdas|local|infra|scripts|client|web|tests|package\.json)(\/|$)/.test(to);
      if (!isIn(from, layer) || !ours) return false;
      return ![layer, ...may, ...(typesOnly ? mayTypes : [])].some((folder) => isIn(to, folder));
    });
    expect(wrong.map(say)).toEqual([]);
  });

  test('imports only the packages that belong there', () => {
    const wrong = imports.filter(
      ({ from, to, typesOnly }) => isIn(from, layer) && bound.test(to) && !typesOnly && !packages.test(to),
    );
    expect(wrong.map(say)).toEqual([]);
  });
});
