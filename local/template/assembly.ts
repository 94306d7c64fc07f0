import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assetDirectory, readAssetPaths } from './assets.ts';
import { createStackResolver, type StackResolver } from './intrinsics.ts';
import { isRecord, type Template } from './template.ts';
import { TemplateError } from './template-error.ts';

/** One resource of the synthesized template. What it refers to is resolved when it is first read. */
export type Resource = {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** With every intrinsic resolved. Reading it throws an error that names the resource if one cannot be. */
  readonly properties: Record<string, unknown>;
  /** What `Ref` to it yields: `ResolutionContext.attribute(resource, 'Ref')`. */
  readonly ref: string;
  /** The local directory or file that its code asset was staged to, for resources that have one. */
  readonly assetPath: string | undefined;
  readonly metadata: Record<string, unknown>;
};

export type Assembly = {
  readonly region: string;
  readonly accountId: string;
  readonly resources: Resource[];
  ofType(type: string): Resource[];
  /** The value of a stack's output, by the stack's name. */
  output(stack: string, outputId: string): unknown;
};

/** A resource as the attribute function sees it. */
export type AttributedResource = Pick<Resource, 'stack' | 'logicalId' | 'type' | 'properties'>;

export type ResolutionContext = {
  region: string;
  accountId: string;
  /** What `Ref` (as `'Ref'`) or `Fn::GetAtt` yields for a resource. `properties` is resolved when read. */
  attribute(resource: AttributedResource, name: 'Ref' | string): string;
};

type LoadedStack = { name: string; template: Template; directory: string };

/** Loads the cloud assembly that `cdk synth` wrote: every stack of it and of the assemblies nested in it. */
export function loadAssembly(directory: string, context: ResolutionContext): Assembly {
  const resources: Resource[] = [];
  const resolvers = new Map<string, StackResolver>();
  const exports = new Map<string, () => unknown>();
  const importValue = (name: string): unknown => {
    const read = exports.get(name);
    if (read === undefined) throw new TemplateError(`no stack exports ${name}`);
    return read();
  };

  for (const stack of readStacks(resolve(directory))) {
    const inStack = new Map<string, Resource>();
    const resolver = createStackResolver({
      stack: stack.name,
      template: stack.template,
      context,
      importValue,
      inStack,
    });
    const assetPaths = readAssetPaths(stack.directory);
    resolvers.set(stack.name, resolver);
    for (const [logicalId, declared] of Object.entries(stack.template.Resources ?? {})) {
      if (declared.Condition !== undefined && !resolver.condition(declared.Condition)) continue;
      const resource = lazyResource(stack, logicalId, declared, resolver, context, assetPaths);
      inStack.set(logicalId, resource);
      resources.push(resource);
    }
    for (const [id, output] of Object.entries(stack.template.Outputs ?? {})) {
      if (output.Export === undefined) continue;
      const name = resolver.resolve(output.Export.Name, `output ${id}`);
      if (typeof name !== 'string')
        throw new TemplateError(`${stack.name}: export name of ${id} is no string`);
      exports.set(name, () => resolver.resolve(output.Value, `output ${id}`));
    }
  }

  return {
    region: context.region,
    accountId: context.accountId,
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    output(stack, outputId) {
      const resolver = resolvers.get(stack);
      if (resolver === undefined) throw new TemplateError(`the assembly has no stack ${stack}`);
      return resolver.output(outputId);
    },
  };
}

function lazyResource(
  stack: LoadedStack,
  logicalId: string,
  declared: NonNullable<Template['Resources']>[string],
  resolver: StackResolver,
  context: ResolutionContext,
  assetPaths: ReadonlyMap<string, string>,
): Resource {
  let properties: Record<string, unknown> | undefined;
  const resource: Resource = {
    stack: stack.name,
    logicalId,
    type: declared.Type,
    metadata: declared.Metadata ?? {},
    get properties() {
      if (properties === undefined) {
        const resolved = resolver.resolve(declared.Properties ?? {}, `${declared.Type} ${logicalId}`);
        properties = isRecord(resolved) ? resolved : {};
      }
      return properties;
    },
    get ref() {
      return context.attribute(resource, 'Ref');
    },
    get assetPath() {
      return assetDirectory(resource, stack.directory, assetPaths);
    },
  };
  return resource;
}

function readStacks(directory: string): LoadedStack[] {
  const manifest = readJson(join(directory, 'manifest.json'));
  const artifacts = isRecord(manifest['artifacts']) ? manifest['artifacts'] : {};
  return Object.entries(artifacts).flatMap(([id, artifact]) => {
    if (!isRecord(artifact)) return [];
    const properties = isRecord(artifact['properties']) ? artifact['properties'] : {};
    if (artifact['type'] === 'cdk:cloud-assembly') {
      return readStacks(join(directory, String(properties['directoryName'])));
    }
    if (artifact['type'] !== 'aws:cloudformation:stack') return [];
    // The file is CloudFormation's own format, written by CDK beside this manifest.
    const template = readJson(join(directory, String(properties['templateFile']))) as Template;
    const name = typeof properties['stackName'] === 'string' ? properties['stackName'] : id;
    return [{ name, template, directory }];
  });
}

function readJson(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TemplateError(`cannot read ${file}: synthesize the app first`, { cause: error });
  }
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw new TemplateError(`${file} is not a JSON object`);
  return parsed;
}
