import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocketGateway } from './websocket-gateway.ts';

/** Of what PostToConnection takes. */
const maxDataBytes = 128 * 1024;

/**
 * The management API of a WebSocket API, in the SDK's REST JSON.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
export async function handleConnectionsRequest(
  gateway: WebSocketGateway,
  connectionId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Signatures are not verified here, but a page in a browser, which cannot sign, must not reach anyone's sockets.
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    return answer(response, 403, 'ForbiddenException', 'Missing Authentication Token');
  }
  const data = await readData(request);
  if (data === undefined) return answer(response, 413, 'PayloadTooLargeException', 'Message too long');
  // After the body was read: the connection may have closed meanwhile.
  const connection = gateway.connection(connectionId);
  if (connection === undefined) return answer(response, 410, 'GoneException', null);
  if (request.method === 'POST') {
    if (gateway.send(connection, data.toString('utf8')) === 'full') {
      return answer(response, 429, 'LimitExceededException', 'The client does not read what it is sent');
    }
    response.writeHead(200).end();
  } else if (request.method === 'DELETE') {
    connection.close(1000, '');
    response.writeHead(204).end();
  } else if (request.method === 'GET') {
    const { sourceIp, userAgent, connectedAt } = connection.facts;
    const body = {
      connectedAt: new Date(connectedAt).toISOString(),
      identity: { sourceIp, ...(userAgent === undefined ? {} : { userAgent }) },
      lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  } else {
    answer(response, 403, 'ForbiddenException', 'Missing Authentication Token');
  }
}

async function readData(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= maxDataBytes) chunks.push(chunk);
  }
  return length > maxDataBytes ? undefined : Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, errorType: string, message: string | null): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': errorType })
    .end(JSON.stringify({ message }));
}
