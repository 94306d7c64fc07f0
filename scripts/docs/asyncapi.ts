/** docs/asyncapi.yaml: the WebSocket API, from its actions, its schemas and the words of socket-messages.ts. */
import { webSocketRoutes } from '../../infra/routes.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { token } from './examples.ts';
import { componentsOf, schemaOf } from './json-schemas.ts';
import {
  actionDocuments,
  checkSocketMessages,
  eventDocuments,
  type MessageDocument,
  replyDocuments,
} from './socket-messages.ts';

const description = `\
Chat over a WebSocket, told from the server's side: it receives actions and sends replies and events. Accounts,
conversations and history are the HTTP API (openapi.yaml). docs/protocol.md says what holds for both.

Frames are JSON text, at most ${limits.frameBytes} bytes from a client. Requests with unknown fields are refused; clients must
ignore unknown fields in what they receive. Malformed frames count towards the rate of actions, and a socket that goes on
sending after many RATE_LIMITED is closed. A socket lasts 2 hours at most and 10 minutes idle on AWS: clients must
expect to connect again.`;

const handshake = `\
The token travels as a subprotocol, so that no URL and no access log holds it: \`parley.v1, bearer.<token>\`, and the
server selects \`parley.v1\`. A client that can set headers may send \`Authorization: Bearer <token>\` instead. Without a
good token the handshake fails with 401, and with 429 where the user opens too many sockets.`;

const capitalized = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** What API Gateway sends by itself; the one frame without `type`. */
const gatewayError = {
  name: 'GatewayError',
  title: 'GatewayError',
  summary:
    "API Gateway's own answer when a function fails or does not answer in time: treat it as UNAVAILABLE",
  payload: {
    type: 'object',
    required: ['message', 'connectionId', 'requestId'],
    properties: {
      message: { type: 'string' },
      connectionId: { type: 'string' },
      requestId: { type: 'string' },
    },
  },
  examples: [
    {
      payload: {
        message: 'Internal server error',
        connectionId: 'JKJaXcSgvHcCJcw=',
        requestId: 'JKJacF1RPHcEa9g=',
      },
    },
  ],
};

export function asyncApiDocument(): object {
  checkSocketMessages(webSocketRoutes.map(({ routeKey }) => routeKey).filter((key) => !key.startsWith('$')));
  const messages = {
    ...Object.fromEntries(
      Object.entries(actionDocuments).map(([action, { frame }]) => entry(capitalized(action), frame)),
    ),
    ...Object.fromEntries(Object.entries(replyDocuments).map(([name, reply]) => entry(name, reply))),
    ...Object.fromEntries(Object.entries(eventDocuments).map(([name, event]) => entry(name, event))),
    GatewayError: gatewayError,
  };
  return withoutSiblings({
    asyncapi: '3.0.0',
    info: {
      title: 'Parley WebSocket API',
      version: '1',
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      aws: {
        host: '{api}.execute-api.{region}.amazonaws.com',
        pathname: '/v1',
        protocol: 'wss',
        description: 'AWS: the output WebSocketUrl of the stack ParleyService',
        variables: {
          api: { default: 'abcdefghij', description: 'Id of the WebSocket API' },
          region: { default: 'eu-central-1', description: 'AWS region' },
        },
        security: securityReferences,
      },
      local: {
        host: 'localhost:{port}',
        pathname: '/connect',
        protocol: 'ws',
        description: 'The embedded runtime',
        variables: { port: { default: '8787', description: 'As set with PORT' } },
        security: securityReferences,
      },
    },
    channels: {
      socket: {
        address: '',
        title: 'The socket of one device',
        description: handshake,
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: {
          ws: {
            method: 'GET',
            headers: {
              type: 'object',
              properties: {
                'Sec-WebSocket-Protocol': {
                  type: 'string',
                  pattern: '^parley\\.v1, *bearer\\.[A-Za-z0-9_.-]+$',
                  examples: [`parley.v1, bearer.${token}`],
                },
              },
            },
            bindingVersion: '0.1.0',
          },
        },
      },
    },
    operations: { ...actionOperations(), ...eventOperations() },
    components: {
      messages,
      schemas: componentsOf(messages),
      securitySchemes: {
        subprotocol: {
          type: 'httpApiKey',
          name: 'Sec-WebSocket-Protocol',
          in: 'header',
          description: '`parley.v1, bearer.<token>`',
        },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`token` of a login.' },
      },
    },
  }) as object; // A map of a document is a document.
}

const securityReferences = [
  { $ref: '#/components/securitySchemes/subprotocol' },
  { $ref: '#/components/securitySchemes/bearer' },
];

const channel = { $ref: '#/channels/socket' };
const messageOfChannel = (name: string) => ({ $ref: `#/channels/socket/messages/${name}` });

function entry(name: string, { summary, schema, example }: MessageDocument): [string, object] {
  return [name, { name, title: name, summary, payload: schemaOf(schema), examples: [{ payload: example }] }];
}

function actionOperations(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(actionDocuments).map(([action, { description, frame, reply }]) => [
      action,
      {
        action: 'receive',
        channel,
        summary: frame.summary,
        description,
        messages: [messageOfChannel(capitalized(action))],
        reply: {
          channel,
          messages: [...(reply === undefined ? [] : [reply]), 'ErrorEvent', 'GatewayError'].map(
            messageOfChannel,
          ),
        },
      },
    ]),
  );
}

function eventOperations(): Record<string, object> {
  const events = { ...eventDocuments, ErrorEvent: replyDocuments.ErrorEvent };
  return Object.fromEntries(
    Object.entries(events).map(([name, { summary }]) => [
      `send${name}`,
      { action: 'send', channel, summary, messages: [messageOfChannel(name)] },
    ]),
  );
}

/** AsyncAPI builds on JSON Schema draft 7, where what stands beside a `$ref` is ignored. */
function withoutSiblings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSiblings);
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...siblings } = value as Record<string, unknown>; // Any object of a JSON document is one.
  if ($ref !== undefined && Object.keys(siblings).length > 0) return { ...siblings, allOf: [{ $ref }] };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSiblings(inner)]));
}
