import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { guard } from '../loopback-guard.ts';
import type { Emulator } from './emulator.ts';
import { StartError } from './start-error.ts';

type Entry = { EventBusName?: string; Source?: string; DetailType?: string; Detail?: string };

/**
 * The part of EventBridge that Parley uses, `PutEvents` (AWS JSON 1.1). There are no rules: each event becomes a line of
 * `events.jsonl` in the data folder, to be looked at.
 */
export async function startEvents(options: {
  dataDirectory: string;
  accessKeyId: string;
}): Promise<Emulator> {
  const file = join(options.dataDirectory, 'events.jsonl');
  const server = createServer(async (request, response) => {
    const target = request.headers['x-amz-target'];
    const entries = target === 'AWSEvents.PutEvents' ? await entriesOf(request) : undefined;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (entries === undefined) {
      response.writeHead(400);
      const message = `${target} is not served locally, or its body is none`;
      response.end(JSON.stringify({ __type: 'ValidationException', message }));
      return;
    }
    const taken = entries.map((entry) => ({ EventId: crypto.randomUUID(), entry }));
    appendFileSync(file, taken.map(({ EventId, entry }) => line(EventId, entry)).join(''));
    response.end(JSON.stringify({ FailedEntryCount: 0, Entries: taken.map(({ EventId }) => ({ EventId })) }));
  });
  guard(server, options.accessKeyId);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new StartError('The events emulator has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function entriesOf(request: IncomingMessage): Promise<Entry[] | undefined> {
  try {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { Entries } = JSON.parse(text) as { Entries: Entry[] }; // As the SDK writes it.
    return Array.isArray(Entries) ? Entries : undefined;
  } catch {
    return undefined; // The caller answers that.
  }
}

/** As a rule's target receives it (docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html). */
function line(id: string, { EventBusName, Source, DetailType, Detail }: Entry): string {
  const event = { id, time: new Date().toISOString(), source: Source, 'detail-type': DetailType };
  return `${JSON.stringify({ ...event, bus: EventBusName, detail: JSON.parse(Detail ?? '{}') })}\n`;
}
