import { NodeHttpHandler } from '@smithy/node-http-handler';

/** What the runtime's own AWS clients need to talk to an emulator: it checks no signature, but wants one. */
export function emulatorClient(endpoint: string, region: string) {
  return {
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The Kinesis client would speak HTTP/2, which no emulator does.
    requestHandler: new NodeHttpHandler({ connectionTimeout: 5000 }),
  };
}
