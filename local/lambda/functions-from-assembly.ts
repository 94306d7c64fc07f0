import { statSync } from 'node:fs';
import type { Assembly, Resource } from '../template/assembly.ts';
import { isRecord } from '../template/template.ts';
import { TemplateError } from '../template/template-error.ts';
import type { LambdaFunction } from './lambda-pool.ts';

/** Every AWS::Lambda::Function of an assembly, as the pool takes it. */
export function functionsFromAssembly(assembly: Assembly): LambdaFunction[] {
  return assembly.ofType('AWS::Lambda::Function').map(readFunction);
}

function readFunction(resource: Resource): LambdaFunction {
  const { properties, logicalId, assetPath } = resource;
  const place = `${resource.stack}: AWS::Lambda::Function ${logicalId}`;
  const runtime = String(properties['Runtime']);
  if (!runtime.startsWith('nodejs')) throw new TemplateError(`${place}: runtime ${runtime} cannot run here`);
  if (assetPath === undefined || !statSync(assetPath, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TemplateError(
      `${place}: its code is not a directory of the assembly (${assetPath ?? 'no asset'})`,
    );
  }
  const declared = isRecord(properties['Environment']) ? properties['Environment']['Variables'] : undefined;
  const environment = Object.entries(isRecord(declared) ? declared : {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  const reserved = properties['ReservedConcurrentExecutions'];
  return {
    name: logicalId,
    codeDirectory: assetPath,
    handler: String(properties['Handler']),
    environment: Object.fromEntries(environment),
    // CloudFormation's defaults.
    timeoutSeconds: Number(properties['Timeout'] ?? 3),
    memoryMegabytes: Number(properties['MemorySize'] ?? 128),
    ...(reserved === undefined ? {} : { reservedConcurrency: Number(reserved) }),
  };
}
