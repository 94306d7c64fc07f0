/** Reads synthesized templates and answers what a deployment would make of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StageName, stageNames, stageSettings } from '../../infra/stages.ts';

const projectRoot = join(import.meta.dirname, '../..');

type Json = { [key: string]: unknown };

export type Resource = {
  stack: string;
  logicalId: string;
  type: string;
  properties: Json;
  deletionPolicy: unknown;
  dependsOn: string[];
};

type RawTemplate = {
  Resources: Record<
    string,
    { Type: string; Properties?: Json; DeletionPolicy?: string; DependsOn?: string | string[] }
  >;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>;
};

export const stackNames = ['ParleyData', 'ParleyService'] as const;

/** Those for AWS, and for the embedded runtime, which is to do as AWS does: nothing is left out of them. */
export const wholeStages = stageNames.filter((stage) => stageSettings(stage).emulated === false);

export class Deployment {
  readonly stage: StageName;
  readonly resources: Resource[];
  private readonly exports = new Map<string, { stack: string; value: unknown }>();

  constructor(stage: StageName) {
    this.stage = stage;
    this.resources = stackNames.flatMap((stack) => {
      const path = join(projectRoot, 'cdk.out', stage, `${stack}.template.json`);
      const template: RawTemplate = JSON.parse(readFileSync(path, 'utf8'));
      for (const { Value, Export } of Object.values(template.Outputs ?? {})) {
        if (Export) this.exports.set(Export.Name, { stack, value: Value });
      }
      return Object.entries(template.Resources).map(([logicalId, raw]) => ({
        stack,
        logicalId,
        type: raw.Type,
        properties: raw.Properties ?? {},
        deletionPolicy: raw.DeletionPolicy,
        dependsOn: [raw.DependsOn ?? []].flat(),
      }));
    });
  }

  ofType(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  only(type: string): Resource {
    const [resource, ...others] = this.ofType(type);
    if (!resource || others.length > 0)
      throw new Error(`${others.length + 1} resources of type ${type}, not one`);
    return resource;
  }

  /** The functions by bundle name, which is also the name of their log entries. */
  functions(): Map<string, Resource> {
    return new Map(
      this.ofType('AWS::Lambda::Function').map((lambda) => [
        String(at(lambda.properties, 'Environment', 'Variables', 'POWERTOOLS_SERVICE_NAME')),
        lambda,
      ]),
    );
  }

  /** The resources that a value refers to, across stacks. */
  referencesIn(value: unknown, stack: string): Resource[] {
    return [...new Set(this.walk(value, stack))];
  }

  referenceIn(value: unknown, stack: string): Resource {
    const [resource, ...others] = this.referencesIn(value, stack);
    if (!resource || others.length > 0) throw new Error(`Not one reference: ${JSON.stringify(value)}`);
    return resource;
  }

  /** A value with its references in angle brackets: `arn:<AWS::Partition>:sqs:…`, `<ParleyData/Users.Arn>`. */
  render(value: unknown, stack: string): string {
    if (typeof value === 'string') return value;
    const intrinsic = intrinsicOf(value);
    if (!intrinsic) throw new Error(`Cannot render ${JSON.stringify(value)}`);
    const { name, argument } = intrinsic;
    if (name === 'Ref')
      return String(argument).startsWith('AWS::') ? `<${argument}>` : `<${stack}/${argument}>`;
    if (name === 'Fn::GetAtt' && Array.isArray(argument)) return `<${stack}/${argument.join('.')}>`;
    if (name === 'Fn::Join' && Array.isArray(argument)) {
      const [separator, parts] = argument;
      if (Array.isArray(parts)) return parts.map((part) => this.render(part, stack)).join(String(separator));
    }
    if (name === 'Fn::ImportValue') {
      const { stack: exporter, value: exported } = this.exportNamed(String(argument));
      return this.render(exported, exporter);
    }
    throw new Error(`Cannot render ${JSON.stringify(value)}`);
  }

  private *walk(value: unknown, stack: string): Generator<Resource> {
    if (typeof value !== 'object' || value === null) return;
    const intrinsic = intrinsicOf(value);
    if (intrinsic?.name === 'Fn::ImportValue') {
      const { stack: exporter, value: exported } = this.exportNamed(String(intrinsic.argument));
      yield* this.walk(exported, exporter);
    } else if (intrinsic?.name === 'Ref' && !String(intrinsic.argument).startsWith('AWS::')) {
      yield this.named(stack, String(intrinsic.argument));
    } else if (intrinsic?.name === 'Fn::GetAtt' && Array.isArray(intrinsic.argument)) {
      yield this.named(stack, String(intrinsic.argument[0]));
    } else {
      for (const part of Object.values(value)) yield* this.walk(part, stack);
    }
  }

  private named(stack: string, logicalId: string): Resource {
    const found = this.resources.find(
      (resource) => resource.stack === stack && resource.logicalId === logicalId,
    );
    if (!found) throw new Error(`${stack} refers to "${logicalId}", which it does not have`);
    return found;
  }

  private exportNamed(name: string): { stack: string; value: unknown } {
    const found = this.exports.get(name);
    if (!found) throw new Error(`Nothing exports "${name}"`);
    return found;
  }
}

/** The value at a path of object keys; an error names the first key that is missing. */
export function at(value: unknown, ...path: string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !(key in current)) {
      throw new Error(`No "${key}" of ${path.join('.')} in ${JSON.stringify(value)?.slice(0, 200)}`);
    }
    current = Reflect.get(current, key);
  }
  return current;
}

function intrinsicOf(value: unknown): { name: string; argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0 || !(entry[0] === 'Ref' || entry[0].startsWith('Fn::'))) return undefined;
  return { name: entry[0], argument: entry[1] };
}
