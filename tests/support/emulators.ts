import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { provisionQueue } from '../../local/emulators/provision-queues.ts';
import { queueName } from '../../local/emulators/resource-attributes.ts';
import type { Resource } from '../../local/template/assembly.ts';

export const region = 'us-east-1';
export const credentials = { accessKeyId: 'AKIDOFTHETESTS', secretAccessKey: 'test' };
export const accountId = '0'.repeat(12);

/** What a world needs to know of running emulators. All of it fits into JSON. */
export type EmulatorAddresses = {
  dynamodb: string;
  kinesis: string;
  sqs: string;
  eventBridge: string;
  /** Where the event bus writes what it takes. */
  eventsFile: string;
  /** The tables' names by their ids in the template. */
  tables: Record<string, string>;
  queues: Resource[];
};

export type Emulators = { addresses: EmulatorAddresses; close: () => Promise<void> };

const variable = 'PARLEY_TEST_EMULATORS';

/** What a process and its children set in their environment to share these emulators. */
export function sharing(addresses: EmulatorAddresses): Record<string, string> {
  return { [variable]: JSON.stringify(addresses) };
}

/** The emulators that this process shares, or else new ones. Closing shared ones does nothing. */
export async function openEmulators(): Promise<Emulators> {
  const shared = process.env[variable];
  if (shared === undefined) {
    // Whoever shares emulators need not load them.
    const { startEmulators } = await import('./start-emulators.ts');
    return startEmulators();
  }
  return { addresses: JSON.parse(shared) as EmulatorAddresses, close: async () => {} }; // See `sharing`.
}

/** Creates a queue like one of the template, for one world alone. Returns its URL. */
export async function newQueue(
  client: SQSClient,
  { queues, sqs }: EmulatorAddresses,
  id: string,
): Promise<string> {
  const model = queues.find(({ logicalId }) => logicalId.startsWith(id));
  if (model === undefined) throw new Error(`The template has no queue ${id}`);
  const queue = { ...model, stack: randomUUID() };
  await provisionQueue(client, queue);
  return `${sqs}/${accountId}/${queueName(queue)}`;
}
