import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { FaultKind } from './plan.ts';
import { delayHeader, faultHeader, targetHeader } from './weather.ts';

/** Where function-faults.ts sends the AWS calls that are to go wrong. */
export class FaultServer {
  readonly #server: Server;
  readonly port: number;

  static async open(onStruck: (kind: FaultKind) => void): Promise<FaultServer> {
    const server = createServer((call, answer) => {
      void handle(call, answer, onStruck).catch(() => answer.destroy()); // Either side is gone: so is the call.
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
    return new FaultServer(server, address.port);
  }

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function handle(call: IncomingMessage, answer: ServerResponse, onStruck: (kind: FaultKind) => void) {
  const fault = call.headers[faultHeader];
  if (fault === 'throttle') {
    onStruck('throttle');
    call.resume();
    return throttle(call, answer);
  }
  if (fault === 'slow') {
    onStruck('slow');
    await setTimeout(Number(call.headers[delayHeader]));
  }
  const forwarded = await forward(call);
  if (fault === 'lostAnswer') {
    onStruck('lostAnswer');
    forwarded.resume();
    await once(forwarded, 'end');
    return call.socket.destroy();
  }
  answer.writeHead(forwarded.statusCode ?? 500, forwarded.headers);
  forwarded.pipe(answer);
}

/** As DynamoDB, Kinesis and SQS say it in JSON, and the @connections API by its status and header. */
function throttle(call: IncomingMessage, answer: ServerResponse): void {
  const json = call.headers['x-amz-target'] !== undefined;
  answer.writeHead(json ? 400 : 429, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-errortype': json ? 'ThrottlingException' : 'LimitExceededException',
  });
  answer.end(JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded (by chaos)' }));
}

async function forward(call: IncomingMessage): Promise<IncomingMessage> {
  const { [targetHeader]: target, [faultHeader]: _, [delayHeader]: __, ...headers } = call.headers;
  const [host = '', port = ''] = String(target).split(':');
  const onward = request({ host, port, method: call.method, path: call.url, headers });
  call.pipe(onward);
  const [response] = (await once(onward, 'response')) as [IncomingMessage]; // Node's documented argument.
  return response;
}
