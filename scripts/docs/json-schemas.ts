/** The valibot schemas of shared/protocol as JSON Schema, with a name for each that is used more than once. */
import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import {
  Conversation,
  ConversationType,
  Member,
  Message,
  MessagePreview,
  MessageType,
  Profile,
  PublicProfile,
} from '../../shared/protocol/entities.ts';
import { ErrorCodeName } from '../../shared/protocol/errors.ts';
import { SyncedConversation, UnknownConversation } from '../../shared/protocol/events.ts';
import { Problem } from '../../shared/protocol/http.ts';
import { Role, Seq, SeqOrZero, UserId } from '../../shared/protocol/values.ts';
import { fieldDescription } from './field-descriptions.ts';
import { textValues } from './text-values.ts';

export const schemasPath = '#/components/schemas/';

/** Components of their own. All ids are one schema in shared/protocol, so they are one component here. */
const named: Record<string, GenericSchema> = {
  Id: UserId,
  Seq,
  SeqOrZero,
  Role,
  MessageType,
  ConversationType,
  ErrorCode: ErrorCodeName,
  Message,
  MessagePreview,
  PublicProfile,
  Profile,
  Member,
  Conversation,
  SyncedConversation,
  UnknownConversation,
  Problem,
  ...Object.fromEntries(Object.entries(textValues).map(([name, { schema }]) => [name, schema])),
};

/** What a refinement says of itself becomes part of the description; what only rewrites its input says nothing. */
const overrideAction: NonNullable<ConversionConfig['overrideAction']> = ({ valibotAction, jsonSchema }) => {
  switch (valibotAction.type) {
    case 'check': {
      const { message } = valibotAction as { message?: unknown }; // Ours always give one, as text.
      if (typeof message !== 'string') throw new Error('A check without a message cannot be documented');
      const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
      return { ...jsonSchema, description: [jsonSchema.description, sentence].filter(Boolean).join(' ') };
    }
    case 'transform':
    case 'to_lower_case':
    case 'regex': // Those with flags are all of `textValues`; any other is converted already.
      return jsonSchema;
    default:
      return undefined;
  }
};

/**
 * @param typeMode `input` is what a client writes; `output` what a query parameter is read as.
 */
export function schemaOf(schema: GenericSchema, typeMode: 'input' | 'output' = 'input'): JsonSchema {
  const { $schema, $defs, ...converted } = convert(schema, typeMode);
  return converted;
}

/** The components that `document` refers to, and those that these refer to, by name. */
export function componentsOf(document: unknown): Record<string, JsonSchema> {
  const all = allComponents();
  const used = new Set<string>();
  const visit = (value: unknown) => {
    for (const ref of referencesIn(value)) {
      if (!ref.startsWith(schemasPath)) continue;
      const name = ref.slice(schemasPath.length);
      const component = all[name];
      if (component === undefined) throw new Error(`There is no component ${ref}`);
      if (used.has(name)) continue;
      used.add(name);
      visit(component);
    }
  };
  visit(document);
  return Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref' && typeof inner === 'string') yield inner;
    else yield* referencesIn(inner);
  }
}

function allComponents(): Record<string, JsonSchema> {
  const definitions = convert(UserId, 'input').$defs ?? {};
  const components: Record<string, JsonSchema> = {};
  for (const name of Object.keys(named)) {
    const text = Object.entries(textValues).find(([textName]) => textName === name)?.[1].json;
    const component = text ?? definitions[name];
    // Only booleans are JSON schemas without properties, and no definition of ours is one.
    if (typeof component !== 'object') throw new Error(`No JSON schema for ${name}`);
    components[name] = describeFields(component);
  }
  return components;
}

function convert(schema: GenericSchema, typeMode: 'input' | 'output'): JsonSchema {
  const converted = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode,
    definitions: named,
    overrideRef: ({ referenceId }) => `${schemasPath}${referenceId}`,
    overrideAction,
  });
  return describeFields(converted);
}

/** Gives each property of each object the words that stand for its name. */
function describeFields(schema: JsonSchema): JsonSchema {
  const { required, ...rest } = schema;
  const described: JsonSchema = { ...rest, ...(required?.length && { required }) };
  if (schema.properties !== undefined) {
    described.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => {
        const inner = typeof property === 'boolean' ? {} : describeFields(property);
        const description = fieldDescription(name);
        if (inner.const !== undefined) return [name, inner];
        return [name, { ...inner, description: [description, inner.description].filter(Boolean).join(' ') }];
      }),
    );
  }
  if (schema.items !== undefined && typeof schema.items === 'object' && !Array.isArray(schema.items)) {
    described.items = describeFields(schema.items);
  }
  for (const key of ['anyOf', 'oneOf'] as const) {
    const options = schema[key];
    if (options !== undefined) {
      described[key] = options.map((option) =>
        typeof option === 'object' ? describeFields(option) : option,
      );
    }
  }
  return described;
}
