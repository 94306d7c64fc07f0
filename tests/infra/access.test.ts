import { beforeAll, describe, expect, test } from 'vitest';
import { functionNames } from '../../infra/functions.ts';
import { stageNames } from '../../infra/stages.ts';
import { tableDefinitions, tableNames } from '../../infra/tables.ts';
import { type ReachableCalls, Sources } from './reachable-calls.ts';
import { environmentOf, isForLambdaItself, permissionsOf } from './roles.ts';
import { Deployment, type Resource } from './templates.ts';

const reachable = new Map<string, ReachableCalls>();

beforeAll(() => {
  const sources = new Sources();
  for (const name of functionNames) {
    reachable.set(name, sources.callsReachableFrom(`lambdas/${name.replace('-', '/')}.ts`));
  }
  sources.close();
});

/** Read from the environment, but set by Lambda and not by us. */
const setByLambda = ['AWS_REGION'];
/** Read by the SDK, by Powertools and by Node, and not by our code. */
const readByOthers = /^(AWS_ENDPOINT_URL_|POWERTOOLS_|NODE_OPTIONS$)/;
/** On every function: the version that answers, and the stage that metrics are counted for. */
const forEverybody = ['PARLEY_STAGE', 'PARLEY_VERSION'];

describe.each(functionNames)('the role of %s', (name) => {
  const deployment = new Deployment('prod');

  test('permits every AWS call that its code can make, on the resource it is made on, and no other', () => {
    const lambda = functionNamed(deployment, name);
    expect(permittedCalls(deployment, lambda)).toEqual(reachable.get(name)?.calls);
  });

  test('comes with the variables that its code reads, and no others', () => {
    const given = Object.keys(environmentOf(functionNamed(deployment, name)));
    const read = reachable.get(name)?.variables.filter((variable) => !setByLambda.includes(variable)) ?? [];
    expect(given.filter((variable) => !readByOthers.test(variable)).sort()).toEqual(
      [...new Set([...read, ...forEverybody])].sort(),
    );
  });
});

/** What the role permits the code to call, in the words of `ReachableCalls`. */
function permittedCalls(deployment: Deployment, lambda: Resource): string[] {
  const variableOf = new Map(
    Object.entries(environmentOf(lambda)).flatMap(([variable, value]) =>
      deployment.referencesIn(value, lambda.stack).map((resource) => [resource, variable] as const),
    ),
  );
  const calls = permissionsOf(deployment, lambda)
    .filter((permission) => !isForLambdaItself(permission))
    .map(({ action, resource, target }) => {
      const method = resource.match(/\/(\w+)\/@connections\//)?.[1];
      if (method) return `${action} ${method}`;
      if (action === 'events:PutEvents') return action;
      return `${action} ${variableOf.get(target)}${resource.match(/\/index\/.*/)?.[0] ?? ''}`;
    });
  return [...new Set(calls)].sort();
}

function functionNamed(deployment: Deployment, name: string): Resource {
  const lambda = deployment.functions().get(name);
  if (!lambda) throw new Error(`No function ${name} in the template`);
  return lambda;
}

describe.each(stageNames)('each function of stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const lambdas = [...deployment.functions()].map(([name, lambda]) => ({ name, lambda }));

  test('is there, and no other', () => {
    expect(lambdas.map(({ name }) => name).sort()).toEqual([...functionNames].sort());
    expect(deployment.ofType('AWS::Lambda::Function')).toHaveLength(functionNames.length);
  });

  test.each(lambdas)(
    '$name may use each resource its environment names, and is told of each that it may use',
    ({ lambda }) => {
      const ours = /^AWS::(DynamoDB|Kinesis::Stream$|SQS|SecretsManager|Events)/;
      const named = Object.values(environmentOf(lambda)).flatMap((value) =>
        deployment.referencesIn(value, lambda.stack),
      );
      const permitted = permissionsOf(deployment, lambda).filter(
        (permission) => !isForLambdaItself(permission),
      );
      const ids = (resources: { type: string; logicalId: string }[]) =>
        [
          ...new Set(resources.filter(({ type }) => ours.test(type)).map(({ logicalId }) => logicalId)),
        ].sort();
      expect(ids(named)).toEqual(ids(permitted.map(({ target }) => target)));
      const pushes = permitted.some(({ action }) => action === 'execute-api:ManageConnections');
      expect('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI' in environmentOf(lambda)).toBe(pushes);
    },
  );

  test.each(lambdas)('$name finds each table under the variable of that table', ({ lambda }) => {
    for (const name of tableNames) {
      const value = environmentOf(lambda)[tableDefinitions[name].environmentVariable];
      if (value !== undefined) {
        expect(deployment.referenceIn(value, lambda.stack).logicalId).toMatch(
          new RegExp(`^${name}[0-9A-F]{8}$`),
        );
      }
    }
  });

  test.each(lambdas)(
    '$name has a role of its own, without wildcards but those that cannot be avoided',
    ({ lambda }) => {
      const role = deployment.referenceIn(lambda.properties['Role'], lambda.stack);
      expect(role.properties['ManagedPolicyArns']).toBeUndefined();
      const users = lambdas.filter(
        (other) => deployment.referenceIn(other.lambda.properties['Role'], role.stack) === role,
      );
      expect(users).toHaveLength(1);
      for (const { action, resource } of permissionsOf(deployment, lambda)) {
        expect(action).not.toContain('*');
        // A connection of our own API's stage, and the objects Lambda names itself in our own bucket.
        const unavoidable =
          /^arn:.*:<ParleyService\/WebSocket\w+>\/v1\/(POST|DELETE)\/@connections\/\*$|^<ParleyData\/FailedRecords\w+\.Arn>\/\*$/;
        if (!unavoidable.test(resource)) expect(resource).not.toContain('*');
      }
    },
  );

  test.each(lambdas)('$name runs on Node 24 for arm64, and explains its stack traces', ({ lambda }) => {
    expect(lambda.properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: expect.any(Number),
      Timeout: expect.any(Number),
    });
    expect(environmentOf(lambda)).toMatchObject({
      NODE_OPTIONS: '--enable-source-maps',
      PARLEY_VERSION: expect.any(String),
    });
    expect(environmentOf(lambda)['POWERTOOLS_LOG_LEVEL']).toMatch(/^(DEBUG|INFO|WARN|ERROR)$/);
  });
});
