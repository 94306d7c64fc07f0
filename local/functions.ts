import { unservedReference } from './emulators/resource-attributes.ts';
import { StartError } from './emulators/start-error.ts';
import type { LambdaFunction } from './lambda/lambda-pool.ts';
import type { Assembly, Resource } from './template/assembly.ts';
import { isRecord } from './template/template.ts';

/** Defaults of AWS::Lambda::Function. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MEGABYTES = 128;

/** The functions of the template that something can invoke, as the Lambda pool wants them. */
export function functionsFromAssembly(assembly: Assembly, invoked: ReadonlySet<string>): LambdaFunction[] {
  const declared = new Map(
    assembly.ofType('AWS::Lambda::Function').map((lambda) => [lambda.logicalId, lambda]),
  );
  return [...invoked].map((name) => {
    const lambda = declared.get(name);
    if (lambda === undefined)
      throw new StartError(`The template refers to the function ${name}, but declares none of that name.`);
    return lambdaFunction(lambda);
  });
}

function lambdaFunction(lambda: Resource): LambdaFunction {
  const { properties, logicalId, assetPath } = lambda;
  const { Handler, Runtime, Timeout, MemorySize, ReservedConcurrentExecutions } = properties;
  if (typeof Handler !== 'string' || typeof Runtime !== 'string' || !Runtime.startsWith('nodejs')) {
    throw new StartError(
      `The function ${logicalId} runs ${Runtime ?? 'an image'}; only Node.js is served locally.`,
    );
  }
  if (assetPath === undefined) {
    throw new StartError(
      `The function ${logicalId} has no code asset; inline code and images are not served locally.`,
    );
  }
  return {
    name: logicalId,
    codeDirectory: assetPath,
    handler: Handler,
    environment: environmentOf(lambda),
    timeoutSeconds: Number(Timeout ?? DEFAULT_TIMEOUT_SECONDS),
    memoryMegabytes: Number(MemorySize ?? DEFAULT_MEMORY_MEGABYTES),
    ...(ReservedConcurrentExecutions !== undefined && {
      reservedConcurrency: Number(ReservedConcurrentExecutions),
    }),
  };
}

function environmentOf(lambda: Resource): Record<string, string> {
  const environment = lambda.properties['Environment'];
  const variables =
    isRecord(environment) && isRecord(environment['Variables']) ? environment['Variables'] : {};
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      const unserved = unservedReference(value);
      if (unserved !== undefined) {
        throw new StartError(
          `The function ${lambda.logicalId} needs ${unserved} (${name}), which is not served locally.`,
        );
      }
      return [name, String(value)];
    }),
  );
}

/** The logical id that a function's name or ARN (of a version or alias, too) stands for. */
export function functionNameOf(nameOrArn: unknown): string {
  const parts = String(nameOrArn).split(':');
  return (parts[0] === 'arn' ? parts[6] : parts[0]) ?? '';
}
