import { subscribe } from 'node:diagnostics_channel';
import type { AwsCalls } from './worker-messages.ts';

/** The part of `http.ClientRequest` that tells which AWS operation it is. */
export type OutgoingRequest = {
  method: string;
  path: string;
  getHeader(name: string): unknown;
};

/** Counts the AWS calls of this thread, retries included, as `service:Operation`. */
export class AwsCallCounter {
  #calls: AwsCalls = {};

  start(): void {
    subscribe('http.client.request.start', (message) => {
      // Node's documented message of this channel: { request: http.ClientRequest }.
      const operation = awsOperation((message as { request: OutgoingRequest }).request);
      if (operation !== undefined) this.#calls[operation] = (this.#calls[operation] ?? 0) + 1;
    });
  }

  /** The calls since the last time this was asked. */
  take(): AwsCalls {
    const calls = this.#calls;
    this.#calls = {};
    return calls;
  }
}

/** Names the operation of a signed request; undefined for a request that is not to AWS. */
export function awsOperation(request: OutgoingRequest): string | undefined {
  const target = request.getHeader('x-amz-target');
  const service = signedService(request.getHeader('authorization'));
  if (typeof target === 'string') {
    const operation = target.slice(target.lastIndexOf('.') + 1);
    return `${service ?? target.slice(0, target.indexOf('.')).toLowerCase()}:${operation}`;
  }
  if (service === undefined) return undefined;
  return `${service}:${restOperation(service, request)}`;
}

/** `Credential=<key>/<date>/<region>/<service>/aws4_request` of Signature Version 4. */
function signedService(authorization: unknown): string | undefined {
  if (typeof authorization !== 'string') return undefined;
  return /Credential=[^/]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization)?.[1];
}

function restOperation(service: string, request: OutgoingRequest): string {
  const method = request.method.toUpperCase();
  if (service === 'execute-api' && decodeURIComponent(request.path).includes('/@connections/')) {
    const operations: Record<string, string> = {
      POST: 'PostToConnection',
      GET: 'GetConnection',
      DELETE: 'DeleteConnection',
    };
    return operations[method] ?? method;
  }
  if (service === 's3') {
    const id = /[?&]x-id=(\w+)/.exec(request.path)?.[1];
    if (id !== undefined) return id;
  }
  return method;
}
