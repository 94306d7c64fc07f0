import { NodeHttpHandler } from '@smithy/node-http-handler';

/**
 * AWS answers in milliseconds; a call that hangs must leave time for another one within the function's own limit. HTTP/1.1
 * for Kinesis too, whose default is HTTP/2: its sessions outlive a frozen container only as errors.
 */
export function newRequestHandler(): NodeHttpHandler {
  return new NodeHttpHandler({ connectionTimeout: 1_000, requestTimeout: 3_000 });
}
