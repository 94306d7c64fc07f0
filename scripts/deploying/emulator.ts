/** The emulator of AWS that `deploy:localstack` deploys to: LocalStack, or one that answers as it does. */
import type { Addresses } from './outputs.ts';

/** Where LocalStack listens by itself. An address of numbers, since `localhost` may mean IPv6 only. */
export const emulatorEndpoint = process.env['AWS_ENDPOINT_URL'] ?? 'http://127.0.0.1:4566';

/** What makes the SDK, the CDK and `cdklocal` use it. Emulators take any credentials. */
export const emulatorEnvironment: Record<string, string> = {
  AWS_ENDPOINT_URL: emulatorEndpoint,
  AWS_ENDPOINT_URL_S3: emulatorEndpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: process.env['AWS_REGION'] ?? 'us-east-1',
};

export async function checkEmulator(): Promise<void> {
  await fetch(emulatorEndpoint).catch((cause: unknown) => {
    throw new Error(
      `No emulator of AWS answers at ${emulatorEndpoint}. Start one (docs/deploying.md), or name its address in AWS_ENDPOINT_URL.`,
      { cause },
    );
  });
}

/** An emulator's APIs have their names of AWS, which lead nowhere, and are reached under a path of its own. */
export function addressesOnEmulator({ http, webSocket }: Addresses): Addresses {
  const onEmulator = (address: string, protocol: string) => {
    const { hostname, pathname } = new URL(address);
    const { host } = new URL(emulatorEndpoint);
    return `${protocol}//${host}/_aws/execute-api/${hostname.split('.')[0]}${pathname}`;
  };
  return { http: onEmulator(http, 'http:'), webSocket: onEmulator(webSocket, 'ws:') };
}
