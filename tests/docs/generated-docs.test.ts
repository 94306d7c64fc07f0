import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { routeDocuments } from '../../scripts/docs/http-routes.ts';
import { actionDocuments, eventDocuments, replyDocuments } from '../../scripts/docs/socket-messages.ts';
import { generateDocuments } from '../../scripts/docs.ts';

const documents = generateDocuments();

describe.each(documents)('docs/$name', ({ path, text }) => {
  const document: unknown = parse(text);

  test('is what the schemas say now', () => {
    // After a change of a schema, a route or its words: npm run docs
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('refers only to what it holds', () => {
    const references = [...nodesOf(document)].flatMap(({ node }) =>
      '$ref' in node ? [String(node['$ref'])] : [],
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(at(document, reference), reference).toBeDefined();
  });

  test('shows only examples that its schemas accept', () => {
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
    const shown = [...nodesOf(document)].flatMap(({ node, pointer }) => examplesIn(node, pointer));
    expect(shown.length).toBeGreaterThan(10);
    for (const { schema, example, pointer } of shown) {
      const components = at(document, '#/components');
      const validate = ajv.compile({ components, allOf: [schema] });
      expect(validate(example), `${pointer}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
  });
});

describe('the examples', () => {
  const http = Object.entries(routeDocuments).flatMap(([route, { body, answers }]) => [
    ...(body ? [{ name: `${route}: body`, ...body }] : []),
    ...Object.entries(answers).flatMap(([status, { schema, example }]) =>
      schema ? [{ name: `${route}: ${status}`, schema, example }] : [],
    ),
  ]);
  const frames = Object.entries(actionDocuments).map(([name, { frame }]) => ({ name, ...frame }));
  const sent = Object.entries({ ...replyDocuments, ...eventDocuments }).map(([name, one]) => ({
    name,
    ...one,
  }));

  test.each([...http, ...frames, ...sent])('of $name is what the protocol takes', ({ schema, example }) => {
    expect(v.safeParse(schema, example).issues).toBeUndefined();
  });
});

type Node = Record<string, unknown>;

function* nodesOf(value: unknown, pointer = '#'): Generator<{ node: Node; pointer: string }> {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node; // An object or array of a parsed document.
  yield { node, pointer };
  for (const [key, inner] of Object.entries(node)) yield* nodesOf(inner, `${pointer}/${escapedPart(key)}`);
}

/** Of OpenAPI's media types and of AsyncAPI's messages. */
function examplesIn(node: Node, pointer: string): { schema: unknown; example: unknown; pointer: string }[] {
  if ('schema' in node && 'example' in node)
    return [{ schema: node['schema'], example: node['example'], pointer }];
  if ('payload' in node && Array.isArray(node['examples'])) {
    return node['examples'].map(({ payload }) => ({ schema: node['payload'], example: payload, pointer }));
  }
  return [];
}

/** RFC 6901. */
function at(document: unknown, reference: string): unknown {
  let value = document;
  for (const part of reference.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Node)[part.replaceAll('~1', '/').replaceAll('~0', '~')]; // As above.
  }
  return value;
}

function escapedPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
