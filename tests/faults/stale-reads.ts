import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Middleware = (
  next: (args: { input: Read }) => Promise<unknown>,
  context: { commandName?: string },
) => (args: { input: Read }) => Promise<unknown>;

type Read = {
  ConsistentRead?: boolean;
  IndexName?: string;
  ProjectionExpression?: string;
  RequestItems?: Record<string, { ConsistentRead?: boolean }>;
};

/**
 * Has a read that does not ask for consistency find nothing: DynamoDB may answer it with what was true a while ago, which no
 * emulator does by itself.
 */
export function withStaleReads(client: DynamoDBClient): DynamoDBClient {
  const middleware: Middleware = (next, context) => async (args) => {
    if (
      /^(Get|Query|BatchGet)/.test(context.commandName ?? '') &&
      !isConsistent(args.input) &&
      !mayBeStale(args.input)
    )
      return { output: { Items: [], Count: 0, Responses: {}, $metadata: {} }, response: {} };
    return next(args);
  };
  // The stack's types name each command's own input.
  client.middlewareStack.add(middleware as never, { step: 'initialize', priority: 'low' } as never);
  return client;
}

function isConsistent({ ConsistentRead, RequestItems }: Read): boolean {
  if (RequestItems === undefined) return ConsistentRead === true;
  return Object.values(RequestItems).every((keys) => keys.ConsistentRead === true);
}

/** The order of an inbox, which is read from an index, and whom to tell of a user's presence. */
function mayBeStale({ IndexName, ProjectionExpression }: Read): boolean {
  return IndexName === 'byActivity' || ProjectionExpression === 'peerId';
}
