/** docs/openapi.yaml: the HTTP API, from its routes, its schemas and the words of http-routes.ts. */
import type { JsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { httpRoutes } from '../../infra/routes.ts';
import { type ErrorCode, errorCodes } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { errorDescriptions } from './error-descriptions.ts';
import { fieldDescription } from './field-descriptions.ts';
import { type RouteDocument, routeDocuments } from './http-routes.ts';
import { componentsOf, schemaOf, schemasPath } from './json-schemas.ts';

const description = `\
Chat over HTTP: accounts, conversations, members, history, and sending for bots and servers. What happens is told over
the WebSocket API (asyncapi.yaml). docs/protocol.md says what holds for both.

Requests with unknown fields or query parameters are refused; clients must ignore unknown fields in answers. A body is
at most ${limits.bodyBytes} bytes. API Gateway answers some requests itself, as \`application/json\` with a \`message\`: 429 when all
clients together are too fast for the API or the route, 413 over 10 MB, 500 and 503 when a function fails or does not answer in time.`;

export function openApiDocument(): object {
  const paths = pathsOf(routesWithDocuments());
  const responses = Object.fromEntries(
    Object.keys(errorCodes).map((code) => [code, problemResponse(code as ErrorCode)]), // The keys of that literal.
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'Parley HTTP API',
      version: '1',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      {
        url: 'https://{api}.execute-api.{region}.amazonaws.com/v1',
        description: 'AWS: the output HttpUrl of the stack ParleyService',
        variables: {
          api: { default: 'abcdefghij', description: 'Id of the HTTP API' },
          region: { default: 'eu-central-1', description: 'AWS region' },
        },
      },
      {
        url: 'http://localhost:{port}/v1',
        description: 'The embedded runtime',
        variables: { port: { default: '8787', description: 'As set with PORT' } },
      },
    ],
    security: [{ bearer: [] }],
    tags: [
      { name: 'Accounts', description: 'Registering, signing in and out, profiles' },
      { name: 'Conversations', description: 'The inbox, groups and DMs, read markers' },
      { name: 'Members', description: 'Who is in a conversation' },
      { name: 'Messages', description: 'History and sending' },
      { name: 'Health', description: 'Whether the API answers' },
    ],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`token` of a login.' },
      },
      responses,
      schemas: componentsOf({ paths, responses }),
    },
  };
}

type Route = { method: string; path: string; document: RouteDocument };

/** Every route that is deployed has words, and no words are of a route that is not. */
function routesWithDocuments(): Route[] {
  const deployed = httpRoutes.flatMap(({ methods, path }) => methods.map((method) => ({ method, path })));
  const keys = deployed.map(({ method, path }) => `${method} ${path}`);
  const stale = Object.keys(routeDocuments).filter((key) => !keys.includes(key));
  if (stale.length > 0) throw new Error(`No route of infra/routes.ts is ${stale.join(', ')}`);
  return deployed.map(({ method, path }) => {
    const document = routeDocuments[`${method} ${path}`];
    if (document === undefined) {
      throw new Error(`The route ${method} ${path} is not described in scripts/docs/http-routes.ts`);
    }
    return { method, path, document };
  });
}

function pathsOf(routes: Route[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, document } of routes) {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(document) };
  }
  return paths;
}

function operation(document: RouteDocument): object {
  const { tag, operationId, summary, description, open, body } = document;
  const parameters = [...pathParameters(document.path), ...queryParameters(document.query)];
  return {
    tags: [tag],
    operationId,
    summary,
    ...(description !== undefined && { description }),
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: jsonContent(schemaOf(body.schema), body.example) },
    }),
    responses: { ...answers(document), ...errors(document) },
  };
}

function answers({ answers }: RouteDocument): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, example }]) => [
      status,
      { description, ...(schema && { content: jsonContent(schemaOf(schema), example) }) },
    ]),
  );
}

function errors(document: RouteDocument): Record<string, object> {
  const { open, body, errors = {} } = document;
  const codes = Object.keys(errorCodes) as ErrorCode[]; // The keys of that literal.
  const possible: ErrorCode[] = [
    'BAD_REQUEST',
    ...(open ? [] : (['UNAUTHENTICATED', 'RATE_LIMITED'] as const)),
    ...(body ? (['PAYLOAD_TOO_LARGE'] as const) : []),
    'INTERNAL',
    'UNAVAILABLE',
  ];
  return Object.fromEntries(
    codes
      .filter((code) => possible.includes(code) || errors[code] !== undefined)
      .map((code) => {
        const description = errors[code];
        const response = { $ref: `#/components/responses/${code}`, ...(description && { description }) };
        return [String(errorCodes[code].status), response];
      }),
  );
}

function problemResponse(code: ErrorCode): object {
  const { status, title } = errorCodes[code];
  return {
    description: errorDescriptions[code],
    ...((code === 'RATE_LIMITED' || code === 'UNAVAILABLE') && {
      headers: {
        'Retry-After': {
          description: 'Seconds after which trying again makes sense.',
          required: true,
          schema: { type: 'integer', minimum: 1 },
        },
      },
    }),
    ...(code === 'UNAUTHENTICATED' && {
      headers: { 'WWW-Authenticate': { required: true, schema: { type: 'string', const: 'Bearer' } } },
    }),
    content: {
      'application/problem+json': {
        schema: { $ref: `${schemasPath}Problem` },
        example: {
          type: 'about:blank',
          title,
          status,
          detail: errorDescriptions[code],
          code,
          requestId: 'JKJaXmPLvHcESHA=',
        },
      },
    },
  };
}

function jsonContent(schema: JsonSchema, example: unknown): object {
  return { 'application/json': { schema, example } };
}

type Entries = Record<string, GenericSchema>;

function pathParameters(path: GenericSchema | undefined): object[] {
  return Object.entries(path === undefined ? {} : entriesOf(path)).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    description: name === 'id' ? 'The conversation.' : 'The member.',
    schema: schemaOf(schema, 'output'),
  }));
}

function queryParameters(query: GenericSchema | undefined): object[] {
  if (query === undefined) return [];
  // Of alternatives, each parameter is optional in itself; the route's description says which go together.
  const alternatives = 'options' in query ? (query.options as GenericSchema[]) : [query]; // Only a union has options.
  return alternatives.flatMap((alternative) =>
    Object.entries(entriesOf(alternative)).map(([name, schema]) => {
      const json = schemaOf(schema, 'output');
      const required = alternatives.length === 1 && schema.type !== 'optional';
      return {
        name,
        in: 'query',
        ...(required && { required }),
        description: fieldDescription(name),
        ...(json.type === 'array' && { style: 'form', explode: false }),
        schema: json,
      };
    }),
  );
}

function entriesOf(schema: GenericSchema): Entries {
  if (!('entries' in schema)) throw new Error('A path or a query is not an object schema');
  return schema.entries as Entries; // What valibot's object schemas keep there.
}
