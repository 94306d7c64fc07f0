import type { ResolutionContext, Resource } from './assembly.ts';
import { isRecord, type Template } from './template.ts';
import { TemplateError } from './template-error.ts';

export type StackResolver = {
  /** @param place names what is being resolved, for errors. */
  resolve(value: unknown, place: string): unknown;
  condition(name: string): boolean;
  output(outputId: string): unknown;
};

type Parts = {
  stack: string;
  template: Template;
  context: ResolutionContext;
  importValue(name: string): unknown;
  inStack: ReadonlyMap<string, Resource>;
};

/** What `AWS::NoValue` resolves to: the property or list entry that holds it is left out. */
const noValue = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown) => unknown;

/** Resolves the intrinsic functions of one stack's template. */
export function createStackResolver(parts: Parts): StackResolver {
  const { stack, template, context, inStack } = parts;
  const underWay: string[] = [];

  const resolveValue = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolveValue).filter((entry) => entry !== noValue);
    if (typeof value === 'string' && value.includes('{{resolve:')) {
      throw new TemplateError(`dynamic references are not supported: ${value}`);
    }
    if (!isRecord(value)) return value;
    const [name, ...others] = Object.keys(value);
    if (name !== undefined && others.length === 0 && /^(Ref|Condition|Fn::.+)$/.test(name)) {
      // A property may itself be called Condition (IAM statements); only a string names a condition.
      const isProperty = name === 'Condition' && typeof value[name] !== 'string';
      if (!isProperty) return intrinsic(name)(value[name]);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, entry]) => [key, resolveValue(entry)] as const)
        .filter(([, entry]) => entry !== noValue),
    );
  };

  const intrinsic = (name: string): Intrinsic => {
    const found = intrinsics[name];
    if (found === undefined) throw new TemplateError(`${name} is not supported`);
    return found;
  };

  const text = (value: unknown): string => {
    const resolved = resolveValue(value);
    if (typeof resolved === 'string') return resolved;
    if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
    throw new TemplateError(`expected text, found ${JSON.stringify(resolved) ?? String(resolved)}`);
  };

  const list = (value: unknown, what: string): unknown[] => {
    const resolved = Array.isArray(value) ? value : resolveValue(value);
    if (!Array.isArray(resolved)) throw new TemplateError(`${what} wants a list`);
    return resolved;
  };

  const attribute = (logicalId: string, name: string): string => {
    const resource = inStack.get(logicalId);
    if (resource === undefined) throw new TemplateError(`nothing in the template is called ${logicalId}`);
    return context.attribute(resource, name);
  };

  const reference = (name: string): unknown => {
    if (name in pseudoParameters) return pseudoParameters[name];
    const parameter = template.Parameters?.[name];
    if (parameter === undefined) return attribute(name, 'Ref');
    if (parameter.Default === undefined) throw new TemplateError(`parameter ${name} has no default`);
    const list = parameter.Type === 'CommaDelimitedList' || parameter.Type.startsWith('List<');
    return list ? String(parameter.Default).split(',') : parameter.Default;
  };

  const pseudoParameters: Record<string, unknown> = {
    'AWS::Region': context.region,
    'AWS::AccountId': context.accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack,
    'AWS::StackId': `arn:aws:cloudformation:${context.region}:${context.accountId}:stack/${stack}/local`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': noValue,
  };

  const condition = (name: string): boolean => {
    const declared = template.Conditions?.[name];
    if (declared === undefined) throw new TemplateError(`${stack}: no condition is called ${name}`);
    return resolveValue(declared) === true;
  };

  const substitute = (pattern: unknown, variables: Record<string, unknown>): string => {
    if (typeof pattern !== 'string') throw new TemplateError('Fn::Sub wants a string');
    return pattern.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return text(variables[name]);
      const dot = name.indexOf('.');
      return dot < 0 ? text(reference(name)) : attribute(name.slice(0, dot), name.slice(dot + 1));
    });
  };

  const intrinsics: Record<string, Intrinsic> = {
    Ref: (name) => reference(String(name)),
    Condition: (name) => condition(String(name)),
    'Fn::GetAtt': (argument) => {
      if (typeof argument === 'string') {
        const dot = argument.indexOf('.');
        return attribute(argument.slice(0, dot), argument.slice(dot + 1));
      }
      const [logicalId, name] = list(argument, 'Fn::GetAtt');
      return attribute(String(logicalId), text(name));
    },
    'Fn::Join': (argument) => {
      const [separator, values] = list(argument, 'Fn::Join');
      const present = list(values, 'Fn::Join').filter((value) => resolveValue(value) !== noValue);
      return present.map(text).join(String(separator));
    },
    'Fn::Sub': (argument) => {
      if (!Array.isArray(argument)) return substitute(argument, {});
      return substitute(argument[0], isRecord(argument[1]) ? argument[1] : {});
    },
    'Fn::ImportValue': (name) => parts.importValue(text(name)),
    'Fn::Select': (argument) => {
      const [index, values] = list(argument, 'Fn::Select');
      const at = Number(text(index));
      const entries = list(values, 'Fn::Select');
      if (!Number.isInteger(at) || at < 0 || at >= entries.length) {
        throw new TemplateError(`Fn::Select: no entry ${at} in a list of ${entries.length}`);
      }
      return resolveValue(entries[at]);
    },
    'Fn::Split': (argument) => {
      const [separator, value] = list(argument, 'Fn::Split');
      return text(value).split(String(separator));
    },
    'Fn::If': (argument) => {
      const [name, whenTrue, whenFalse] = list(argument, 'Fn::If');
      return resolveValue(condition(String(name)) ? whenTrue : whenFalse);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = list(argument, 'Fn::Equals').map(resolveValue);
      return JSON.stringify(left) === JSON.stringify(right);
    },
    'Fn::And': (argument) => list(argument, 'Fn::And').every((entry) => resolveValue(entry) === true),
    'Fn::Or': (argument) => list(argument, 'Fn::Or').some((entry) => resolveValue(entry) === true),
    'Fn::Not': (argument) => resolveValue(list(argument, 'Fn::Not')[0]) !== true,
    'Fn::Base64': (argument) => Buffer.from(text(argument)).toString('base64'),
    'Fn::FindInMap': (argument) => {
      const [map, top, second] = list(argument, 'Fn::FindInMap').map(text);
      const found = template.Mappings?.[map ?? '']?.[top ?? '']?.[second ?? ''];
      if (found === undefined) throw new TemplateError(`no mapping ${map}.${top}.${second}`);
      return found;
    },
  };

  const resolve = (value: unknown, place: string): unknown => {
    if (underWay.includes(place)) {
      throw new TemplateError(`${stack}: circular reference: ${[...underWay, place].join(' → ')}`);
    }
    underWay.push(place);
    try {
      const resolved = resolveValue(value);
      return resolved === noValue ? undefined : resolved;
    } catch (error) {
      if (error instanceof TemplateError && error.place !== undefined) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      throw new TemplateError(`${stack}: ${place}: ${cause}`, { cause: error, place });
    } finally {
      underWay.pop();
    }
  };

  return {
    resolve,
    condition,
    output(outputId) {
      const declared = template.Outputs?.[outputId];
      if (declared === undefined) throw new TemplateError(`${stack} has no output ${outputId}`);
      return resolve(declared.Value, `output ${outputId}`);
    },
  };
}
