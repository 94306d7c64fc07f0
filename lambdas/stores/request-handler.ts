import { NodeHttpHandler } from '@smithy/node-http-handler';

/**
 * AWS answers in milliseconds. A call that hangs ends after two seconds, so that the SDK's three attempts fit into the ten
 * that a function has to answer a client. HTTP/1.1 for Kinesis too, whose default is HTTP/2: its sessions outlive a frozen
 * container only as errors.
 */
export function newRequestHandler(): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    // Without this the time-out is only written to the log.
    throwOnRequestTimeout: true,
  });
}
