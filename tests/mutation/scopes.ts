export type Scope = {
  /** What is mutated. */
  files: string[];
  /** What decides on a mutant, of the tests of tests/mutation/vitest.config.ts. */
  tests: string[];
  /**
   * Whether what runs while a file is loaded is mutated too, such as schemas. Each such mutant needs all of the tests, from the
   * start: so only where they take milliseconds.
   */
  withStatic: boolean;
};

function filesIn(folder: string, names: string[]): string[] {
  return names.map((name) => `${folder}/${name}.ts`);
}

/** The code that the promises of docs/protocol.md rest on, in parts that are run one by one. */
export const scopes: Record<string, Scope> = {
  domain: {
    files: ['shared/domain/*.ts', '!shared/domain/*.test.ts'],
    tests: ['shared/domain/*.test.ts'],
    withStatic: true,
  },
  stores: {
    files: filesIn('lambdas/stores', [
      'change-log',
      'dynamo',
      'membership-store',
      'message-log',
      'subscription-store',
      'user-store',
    ]),
    tests: ['lambdas/stores/*.test.ts', 'tests/integration/transactions.test.ts'],
    withStatic: false,
  },
  services: {
    files: filesIn('lambdas/services', [
      'account-erasure',
      'changed-messages',
      'conversation-states',
      'deliver-changes',
      'deliver-messages',
      'deliver-records',
      'erase-user',
      'fan-out',
      'fan-out-jobs',
      'growing-groups',
      'members',
      'message-events',
      'persist-changes',
      'persist-messages',
      'push',
      'subscriptions',
      'withdrawal',
    ]),
    tests: ['lambdas/services/*.test.ts', 'tests/integration/*.test.ts'],
    withStatic: false,
  },
};

/** What to run: whole scopes by name, or single files, each with the tests of its scope; everything where nothing is named. */
export function chosenScopes(names: string[], files: string[]): [string, Scope][] {
  const all = Object.entries(scopes);
  if (names.length === 0 && files.length === 0) return all;
  const unknown = names.filter((name) => scopes[name] === undefined);
  if (unknown.length > 0) {
    throw new Error(`There is no scope ${unknown.join(', ')}. There are: ${Object.keys(scopes).join(', ')}.`);
  }
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));
  return all.flatMap(([name, scope]): [string, Scope][] => {
    if (names.includes(name)) return [[name, scope]];
    const ours = files.filter((file) => scope.files.some((one) => folderOf(one) === folderOf(file)));
    return ours.length > 0 ? [[name, { ...scope, files: ours }]] : [];
  });
}
