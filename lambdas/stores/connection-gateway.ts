import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  LimitExceededException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

/** `PostToConnection` can outlast the client's own time-outs, so each call also gets a signal that ends it. */
const timeoutMs = 2_000;

/** API Gateway's connections: the only way to reach a client. */
export class ConnectionGateway {
  readonly #client: ApiGatewayManagementApiClient;

  constructor(client: ApiGatewayManagementApiClient) {
    this.#client = client;
  }

  /** `'gone'` where the connection no longer exists. Throws where it is unknown whether the frame arrived. */
  async post(connectionId: string, frame: string): Promise<'posted' | 'gone'> {
    try {
      await this.#client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame }), {
        abortSignal: AbortSignal.timeout(timeoutMs),
      });
      return 'posted';
    } catch (error) {
      if (error instanceof GoneException) return 'gone';
      throw error;
    }
  }

  /** `'gone'` where there is no such connection: none any more, or none yet. Throws where it is unknown whether it was closed. */
  async close(connectionId: string): Promise<'closed' | 'gone'> {
    try {
      await this.#client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }), {
        abortSignal: AbortSignal.timeout(timeoutMs),
      });
      return 'closed';
    } catch (error) {
      if (error instanceof GoneException) return 'gone';
      throw error;
    }
  }
}

/** The account's request rate was reached: the same call succeeds a little later. */
export function isThrottled(error: unknown): boolean {
  return (
    error instanceof LimitExceededException ||
    (error instanceof Error && error.name === 'ThrottlingException')
  );
}
