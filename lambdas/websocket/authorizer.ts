import middy from '@middy/core';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { handshakeToken } from '../middleware/handshake.ts';
import { observed } from '../middleware/observed.ts';
import type { ConnectionContext } from '../middleware/websocket-handler.ts';
import { authenticate } from '../runtime.ts';

const users = authenticate();

export const handler = middy<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult>()
  .use(
    observed((event: APIGatewayRequestAuthorizerEvent) => ({
      requestId: event.requestContext.requestId,
      connectionId: event.requestContext.connectionId,
    })),
  )
  .handler(async (event) => {
    const caller = await users.caller(handshakeToken(event.headers)).catch(unauthorized);
    const { userId, authEpoch, sessionId } = caller;
    const context: ConnectionContext = {
      userId,
      authEpoch: String(authEpoch),
      // API Gateway takes no value that is missing.
      ...(sessionId !== undefined && { sessionId }),
    };
    return {
      principalId: userId,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
      },
      context,
    };
  });

/**
 * This very message is what makes API Gateway answer the handshake with 401. With any other it answers 500: whoever cannot
 * be told from a stranger, since the issuer of tokens is down, is not to be told to sign in again.
 */
function unauthorized(error: unknown): never {
  if (error instanceof ParleyError && error.code !== 'UNAVAILABLE')
    throw new Error('Unauthorized', { cause: error });
  throw error;
}
